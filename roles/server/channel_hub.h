#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kontena/access/scope.h"
#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/channel/frame.h"
#include "kontena/http/message.h"

namespace kontena::server {

// One way of a channel: whole frames on their way from one request's body to another's answer.
class ChannelPipe {
 public:
  // Frames that came, waiting up to `limit` for the first; "" where none did, or it has ended.
  std::string take(Duration limit);
  // Waits while the reader is behind; with the ends' credit it never is. False: it has ended.
  bool put(std::string_view frames);
  void end();  // no more goes in; what is there is taken yet
  bool ended() const;  // … and all was taken

 private:
  struct State {
    std::string frames;
    bool ended = false;
  };
  mutable Synced<State> state_;
};

// The ways into containers that are open: between a client's two requests and those two of the node's agent. In memory
// only: what stands ends with the server. Safe from any thread.
class ChannelHub {
 public:
  struct Channel {
    std::string id;
    std::string user;    // whose
    std::string scope;   // GRID/PROJECT
    access::Scope place; // of the instance
    std::string by_node; // GRID/NODE
    std::string node;    // its name
    std::string order;   // for the agent
    Duration offered{};  // steady
    ChannelPipe up{};    // from the client
    ChannelPipe down{};  // to the client
    struct Ends {
      bool client_hears = false, client_speaks = false, agent_hears = false, agent_speaks = false;
    };
    Synced<Ends> ends{};
  };
  using Open = std::shared_ptr<Channel>;

  static constexpr std::size_t most = 1'000;
  static constexpr std::size_t most_of_user = 120;
  static constexpr std::size_t most_of_node = 256;
  static constexpr Duration to_begin{15'000};  // after it was ordered

  // Code::exhausted where there are enough.
  Status offer(Open);
  void end(const std::string& id);  // both ways
  // A client's, by the same user in the same project; an agent's, by its node. None for all others.
  Open of_user(const std::string& id, const std::string& user, const std::string& scope) const;
  Open of_node(const std::string& id, const std::string& by_node) const;

 private:
  Open find(const std::string& id) const;
  mutable Synced<std::map<std::string, Open>> channels_;
};

}  // namespace kontena::server
