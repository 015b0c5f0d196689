#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "kontena/base/synced.h"

namespace kontena::http {

// The connections of peers that have shown no certificate, or not yet: anybody
// can make as many as they like. There is room for `most`; for one more, another
// is cut off that holds its place and asks for nothing, of the address that has
// the most, the one that has been there longest. Safe from any thread.
class Guests {
 public:
  explicit Guests(std::size_t most) : most_(most) {}

  // One connection's stay. Ends before its socket is closed.
  class Stay {
   public:
    Stay(Guests&, int socket, std::string address);
    ~Stay() { end(); }
    Stay(const Stay&) = delete;

    bool admitted() const { return number_ != 0; }  // false: all others ask for something

    void end();                                            // it has shown a certificate, and is no guest
    void serving(bool is) { guests_.serving(*this, is); }  // it asks for something, and is not cut off

   private:
    friend class Guests;
    Guests& guests_;
    const int socket_;
    const std::string address_;
    std::uint64_t number_ = 0;  // 0: not admitted, or ended
  };

  std::size_t count() const;

 private:
  struct State {
    struct Place {
      int socket;
      bool serving = false;
    };
    std::map<std::string, std::map<std::uint64_t, Place>> places;  // by address, the oldest first
    std::size_t count = 0;
    std::uint64_t last = 0;
  };
  static bool make_room(State&);
  void serving(const Stay&, bool is);

  const std::size_t most_;
  mutable Synced<State> state_;
};

}  // namespace kontena::http
