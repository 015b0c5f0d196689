#pragma once

#include "asks.h"
#include "builds.h"
#include "channels.h"

namespace kontena::agent {

inline constexpr std::size_t most_streams = 64;

// Asks the server which streams are wanted, and sends each on a thread of its own. By the
// same request it learns of questions.
class Streams {
 public:
  Streams(Context context, Uplink& uplink, Answerers answerers = {}, Builds* builds = nullptr,
          Channels* channels = nullptr)
      : context_(std::move(context)), uplink_(uplink), asks_(context_, uplink, std::move(answerers)), builds_(builds), channels_(channels) {}

  void step();  // one poll, and after a failure the wait until the next

 private:
  void open(const api::StreamWanted&);

  Context context_;
  Uplink& uplink_;
  Asks asks_;
  Builds* const builds_;  // none: this node builds nothing
  Channels* const channels_;  // none: nobody gets into this node's containers
  Errands running_;  // State::stopping ends them
  Errands ways_in_;  // as many as the server lets be
  int failures_ = 0;  // in a row
};

// Sends the log of one instance until it ends, or nobody wants it any more.
void send_log(const Context&, http::Client&, const api::StreamWanted&);

}  // namespace kontena::agent
