#pragma once

#include "uplink.h"

namespace kontena::agent {

inline constexpr Duration beat_period{1'000};
inline constexpr Duration most_clock_difference{300'000};

// "the node's clock says …, the server's …"; "" where they agree well enough. Pure.
std::string clock_difference(Time ours, Time servers);

// Tells the server that we live, every second, on a thread that does nothing else.
class Beat {
 public:
  Beat(Context context, Uplink& uplink) : context_(std::move(context)), uplink_(uplink) {}

  void step();  // one beat, and the wait until the next is due

 private:
  Result<http::Response> send(const http::Request&);
  void heard(const api::BeatAnswer&);
  void refused(const Error&, bool removed);
  void missed(const Error&);

  Context context_;
  Uplink& uplink_;
  int failures_ = 0;       // in a row
  Duration lost_after_{};  // as the server said last; 0: not yet
  bool slow_ = false;      // the last answer took long
  bool clock_told_ = false;
  Duration facts_asked_{-60'000};  // steady; when the server wanted our facts
};

}  // namespace kontena::agent
