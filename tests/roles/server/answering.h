#pragma once

#include <functional>
#include <thread>

#include "harness.h"

namespace kontena::server {

// An agent that answers each question by a function, as long as this lives. It is to be
// the last thing that a test makes: with its end the world's server is stopped.
class Answering {
 public:
  using Act = std::function<api::AskAnswer(const api::Ask&)>;
  Answering(World& world, World::Node node, Act act)
      : world_(world), thread_([&world, node = std::move(node), act = std::move(act)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            const http::Response asked = world.as_node(node, http::Method::get, std::string(api::paths::agent_streams));
            const auto list = codec::from_json<api::StreamList>(asked.body);
            if (!list) return;
            for (const api::Ask& ask : list->asks)
              world.as_node(node, http::Method::post, api::path(api::paths::agent_ask, {ask.ask}),
                            codec::to_json(act(ask)));
          }
        }) {}
  ~Answering() {
    thread_.request_stop();
    world_.dispatch_.stop();
    world_.store_->close();
    world_.views_.stop();  // ends the poll that waits
  }

 private:
  World& world_;
  std::jthread thread_;
};

}  // namespace kontena::server
