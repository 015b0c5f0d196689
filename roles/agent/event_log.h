#pragma once

#include <deque>
#include <string>

#include "kontena/api/events.h"
#include "uplink.h"

namespace kontena::agent {

// What happened on this node by itself, told to the server at least once: what is not told
// yet is kept in a file, and one told again has the same id. Bounded: what happens again within a minute is counted and
// not told anew, and of more kinds than can be told only the number is.
class EventLog {
 public:
  EventLog(Context, Uplink&, std::string file = {});  // "": nothing is kept

  void note(std::string_view kind, const std::string& text);  // from any thread
  void step();                                                // waits for news, and tells them
  void close();                                               // ends the waits

  static constexpr Duration together{60'000};         // the same text in this time is one event
  static constexpr Duration between_updates{10'000};  // of its count
  static constexpr Duration breath{300};              // what comes together is told together
  static constexpr std::size_t most_new = 20;         // events in `together`
  static constexpr std::size_t most_kept = 100;       // that wait to be told, or to be counted on

 private:
  struct Noted {
    api::EventReport report;
    Duration first{}, last{};  // steady
    std::int64_t told = 0;     // the count that the server knows
    Duration told_at{};
  };
  struct State {
    std::deque<Noted> noted;  // the oldest first
    bool closed = false;
  };
  static Noted* find(State&, std::string_view kind, std::string_view text, Duration now);
  static bool is_due(const Noted&, Duration now);
  std::vector<api::EventReport> due(State&, Duration now) const;
  void load();
  void keep();  // where what is untold has changed
  void wait_for_server();

  Context context_;
  Uplink& uplink_;
  Synced<State> state_;
  int failures_ = 0;  // in a row
  const std::string file_;
  std::string kept_;        // what of the untold is in the file
  bool forgetful_ = false;  // it cannot be written, and the log says so
};

}  // namespace kontena::agent
