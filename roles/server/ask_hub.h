#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kontena/api/message_fields.h"
#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/base/synced.h"

namespace kontena::server {

// Brings people's questions to agents, which only dial out, and the answers back: an
// agent learns of a question by its long poll (agent_streams), and answers by a
// request of its own. In memory only, and bounded in number and in time.
class AskHub {
 public:
  // Asks the node, GRID/NODE. The caller nudges it ("streams/GRID/NODE"), then waits.
  // Code::unavailable where too much is being asked already.
  Result<std::string> ask(IdSource&, const std::string& by_node, std::string kind, std::string body, Duration patience);
  // The answer's body, or the agent's error. An agent that does not come for the
  // question in `pick_up`, or does not answer in time, is Code::unavailable.
  // REQUIRES: once for each question asked; `node` is its name, for people.
  Result<std::string> wait(const std::string& id, const std::string& node);
  // Ends all waits, and begins none.
  void stop();

  // For the agent's poll: what is asked of it and was not handed out yet.
  std::vector<api::Ask> take(const std::string& by_node);
  // Code::not_found where nobody waits for it (any more).
  Status answer(const std::string& id, const std::string& by_node, api::AskAnswer);

  static constexpr Duration pick_up{5'000};
  static constexpr std::size_t most_of_node = 8;
  static constexpr std::size_t most = 64;

 private:
  struct Pending {
    std::string by_node;
    api::Ask ask;
    bool taken = false;
    std::optional<api::AskAnswer> answer;
  };
  struct State {
    std::map<std::string, Pending> pending;
    bool stopped = false;
  };
  Synced<State> state_;
};

}  // namespace kontena::server
