#include "ask_hub.h"

#include <algorithm>

namespace kontena::server {

Result<std::string> AskHub::ask(IdSource& ids, const std::string& by_node, std::string kind, std::string body,
                                Duration patience) {
  const std::string id = ids.id();
  return state_.with([&](State& s) -> Result<std::string> {
    if (s.stopped) return Error{Code::unavailable, "the server is being stopped", "try again"};
    const auto of_node =
        std::ranges::count_if(s.pending, [&](const auto& one) { return one.second.by_node == by_node; });
    if (s.pending.size() >= most || of_node >= static_cast<std::ptrdiff_t>(most_of_node))
      return Error{Code::unavailable, "too much is being asked of nodes at the moment", "try again in some seconds"};
    s.pending[id] = {by_node, {id, std::move(kind), std::move(body), patience.count()}};
    return id;
  });
}

Result<std::string> AskHub::wait(const std::string& id, const std::string& node) {
  const auto patience = state_.with([&](State& s) { return Duration(s.pending.at(id).ask.patience_ms); });
  const auto has_answer = [&](const State& s) { return s.stopped || s.pending.at(id).answer; };
  const bool taken = state_.wait(pick_up, [&](const State& s) { return has_answer(s) || s.pending.at(id).taken; });
  if (taken) state_.wait(patience, has_answer);
  const auto [answer, stopped] = state_.with([&](State& s) {
    auto got = std::move(s.pending.at(id).answer);
    s.pending.erase(id);
    return std::pair(std::move(got), s.stopped);
  });
  if (answer && answer->error)
    return Error{code_named(answer->error->code).value_or(Code::internal), answer->error->message, answer->error->hint};
  if (answer) return answer->body;
  if (stopped) return Error{Code::unavailable, "the server is being stopped", "try again"};
  if (!taken)
    return Error{Code::unavailable, "the agent of node '" + node + "' does not come for the question",
                 "does it run? its log says whether it reaches the server"};
  return Error{Code::unavailable,
               "node '" + node + "' has not answered in " + std::to_string(patience.count() / 1000) + " s",
               "does its agent run, and is it of this version? kontena client node show " + node};
}

void AskHub::stop() {
  state_.change([](State& s) { s.stopped = true; });
}

std::vector<api::Ask> AskHub::take(const std::string& by_node) {
  return state_.change([&](State& s) {
    std::vector<api::Ask> taken;
    for (auto& [id, pending] : s.pending) {
      if (pending.taken || pending.by_node != by_node) continue;
      pending.taken = true;
      taken.push_back(pending.ask);
    }
    return taken;
  });
}

Status AskHub::answer(const std::string& id, const std::string& by_node, api::AskAnswer answer) {
  return state_.change([&](State& s) -> Status {
    const auto found = s.pending.find(id);
    if (found == s.pending.end() || found->second.by_node != by_node || !found->second.taken || found->second.answer)
      return Error{Code::not_found, "nobody waits for this answer"};
    found->second.answer = std::move(answer);
    return Done{};
  });
}

}  // namespace kontena::server
