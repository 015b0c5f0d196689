#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kontena/api/channel.h"
#include "kontena/channel/end.h"
#include "session.h"

namespace kontena::client {

// What commands that reach into containers have in common.
inline constexpr int own_failure = 125;  // their exit status where it is ours that failed, not the command's

// A channel to a container: its two requests, each on a thread. Used as its End is.
class WayIn {
 public:
  // Where channels are; asked for once, on the main thread.
  struct Door {
    http::Client* client = nullptr;
    std::string path;  // of the project's channels
  };
  static Result<Door> door(Session&);
  static Result<std::unique_ptr<WayIn>> open(const Door&, const api::ChannelOrder&);
  ~WayIn();
  WayIn(const WayIn&) = delete;

  channel::End& end() { return end_; }
  // What `ready` says, or why it never was.
  Result<std::string> ready();
  // Hands on what comes until the end: its exit status, or why it broke off.
  using Output = std::function<void(bool is_error, std::string_view)>;
  Result<int> hear(const Output&);

 private:
  WayIn() = default;
  Error broken() const;

  channel::End end_;
  std::vector<std::jthread> threads_;
};

// The instances that "STACK/SERVICE" or "STACK/SERVICE-N" means: those that run first, by number. At least one.
Result<std::vector<api::InstanceSummary>> instances_named(Session&, const std::string& word);
std::string name_of(const api::InstanceSummary&);  // "shop/web-1"

}  // namespace kontena::client
