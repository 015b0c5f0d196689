#include "kontena/api/events.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "names.h"

namespace kontena::client {

Result<int> events(Session& session) {
  http::Query query;
  if (session.arguments.has("--node")) query["node"] = session.arguments.value("--node");
  if (session.arguments.has("--type")) query["kind"] = session.arguments.value("--type");
  if (session.arguments.has("--since")) {
    KTN_TRY(const std::int64_t since, parse_since(session.arguments.value("--since"), session.now()));
    query["since"] = std::to_string(since);
  }
  KTN_TRY(const auto limit, number_option(session, "--limit", 1));
  if (limit) query["limit"] = std::to_string(*limit);
  KTN_TRY(const std::string path, session.link.path(api::paths::events));
  KTN_TRY(api::EventList list, session.link.get<api::EventList>(path, query));
  std::ranges::reverse(list.events);
  return session.list(
      list.events, {"TIME", "TYPE", "NODE", "TIMES", "WHAT"},
      [](const model::Event& e) -> std::vector<Cell> {
        return {time_text(e.last_ms), e.kind, plain_text(e.node_name), e.count, plain_text(e.text)};
      },
      [](const model::Event& e) { return plain_text(e.text); });
}

}  // namespace kontena::client
