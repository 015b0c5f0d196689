#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/channel/frame.h"

namespace kontena::channel {

// One of the two ends of a channel: what is said and heard there, with credit, so that one who does not
// read holds up nobody but who writes to them. Bytes come and go by two requests, of which this knows
// nothing. Safe from any thread.
class End {
 public:
  // Gets signals and sizes as they come, past the bytes that wait; on the thread that calls take().
  using Control = std::function<void(const Frame&)>;
  explicit End(Control control = {}) : control_(std::move(control)) {}

  // ---- the wire's side
  // The next bytes to send: waits for them, and gives a beat where there are none for so long. "": the end.
  std::string next(Duration beat = Duration(2'000));
  // What came. False: no more is wanted.
  bool take(std::string_view bytes);
  // The connection is gone, or is to be; the first reason counts.
  void broke(Error why);

  // ---- the user's side
  // Waits for credit. False: nobody is there any more.
  bool send(Kind data, std::string_view bytes);
  void say(Kind, std::string_view bytes = {});  // all else
  void finish() { say(Kind::end); }
  void fail(const Error& error) { say(Kind::failed, failure_text(error)); }
  // Nothing more will be said or heard; what was said is still sent.
  void close();
  // What came, in order: data, end, ready, exit, failed. None: nothing did within the limit, or it is over.
  std::optional<Frame> receive(Duration limit);
  void hear_no_more();  // receive() gives nothing from then on, at once
  bool over() const;                // closed, or broken and all was received
  std::optional<Error> why() const;  // it broke

 private:
  struct State {
    std::string out;
    std::size_t credit = window;  // that we have
    std::deque<Frame> in;
    std::size_t waiting = 0;  // bytes in `in`
    std::size_t taken = 0;    // since credit was given last
    bool closed = false;
    bool deaf = false;
    std::optional<Error> broken;
  };
  const Control control_;
  Cutter cutter_;  // of the thread that calls take()
  mutable Synced<State> state_;
};

}  // namespace kontena::channel
