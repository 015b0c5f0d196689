#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/api/network.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration usual_limit{600'000};

// Of these nodes, those whose keys are of an earlier rotation. One that was removed is no matter.
Result<model::Strings> not_done(Session& session, const std::string& grid, const api::KeyRotation& asked) {
  KTN_TRY(const api::NodeList list, session.link.get<api::NodeList>(api::path(paths::nodes, {grid})));
  model::Strings names;
  for (const api::NodeSummary& node : list.nodes)
    if (node.facts.mesh_rotation < asked.rotation && std::ranges::find(asked.nodes, node.name) != asked.nodes.end())
      names.push_back(node.name);
  return names;
}

}  // namespace

Result<int> grid_network_rotate_keys(Session& session) {
  std::string grid;
  if (session.arguments.words.empty()) {
    KTN_TRY(grid, session.link.grid());
  } else {
    grid = session.arguments.words[0];
  }
  KTN_TRY(const Duration limit, session.time_limit(usual_limit));
  http::Query query;
  if (session.arguments.has("--force")) query["force"] = "true";
  KTN_TRY(const api::KeyRotation asked, session.link.send<api::KeyRotation>(http::Method::post, api::path(paths::grid_keys, {grid}), api::Nothing{}, query));
  const auto finish = [&] { return session.look.quiet || session.look.machine() ? session.show(asked, grid, [] { return std::string(); }) : 0; };
  if (!asked.away.empty())
    session.warn("cut off until they hear from the server: " + text::join(asked.away, ", "));
  session.note(count_text(std::ssize(asked.nodes), "node") + " of grid " + grid + " make new keys");
  if (session.arguments.has("--detach")) return finish();

  const Duration begun = session.outside.clock.steady();
  for (std::size_t left = asked.nodes.size(); left > 0;) {
    KTN_TRY(const model::Strings names, not_done(session, grid, asked));
    if (names.size() != left)
      session.note(std::to_string(asked.nodes.size() - names.size()) + '/' + std::to_string(asked.nodes.size()) + " nodes use their new key");
    left = names.size();
    if (left == 0) break;
    if (session.outside.clock.steady() - begun > limit)
      return Error{Code::deadline_exceeded, "not done yet: node " + text::join(names, ", "),
                   "it goes on without waiting; kontena client node show " + names.front() + " tells how that one is"};
    session.outside.pause(session.outside.pace);
  }
  session.note("all nodes use new keys");
  return finish();
}

}  // namespace kontena::client
