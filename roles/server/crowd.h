#pragma once

#include <map>
#include <memory>
#include <string>

#include "kontena/base/result.h"
#include "kontena/base/synced.h"

namespace kontena::server {

// How many requests of one user are under way, waiting and streaming ones too: each has a connection
// and a thread, of which there are so many for everybody. Safe from any thread.
class Crowd {
 public:
  static constexpr int most = 250;  // of one user

  // For as long as somebody keeps it.
  using Seat = std::shared_ptr<void>;
  Result<Seat> enter(const std::string& user) {
    const bool in = seats_->change([&](auto& seats) {
      int& taken = seats[user];
      if (taken >= most) return false;
      ++taken;
      return true;
    });
    if (!in)
      return Error{Code::exhausted, "more than " + std::to_string(most) + " requests of '" + user + "' at once",
                   "try again when some of them have ended"};
    // The seats may outlive us by an answer that is still being written.
    return Seat(nullptr, [seats = seats_, user](void*) {
      seats->change([&](auto& all) {
        const auto found = all.find(user);
        if (--found->second == 0) all.erase(found);
      });
    });
  }

 private:
  const std::shared_ptr<Synced<std::map<std::string, int>>> seats_ = std::make_shared<Synced<std::map<std::string, int>>>();
};

}  // namespace kontena::server
