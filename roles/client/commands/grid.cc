#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/api/events.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

Result<api::GridSummary> get_grid(Session& session, const std::string& name) {
  return session.link.get<api::GridSummary>(api::path(paths::grid, {name}));
}

}  // namespace

Result<int> grid_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  http::Query query;
  if (const std::string pool = session.arguments.value("--pool", ""); !pool.empty()) query["pool"] = pool;
  KTN_TRY(const api::GridSummary grid,
          session.link.send<api::GridSummary>(http::Method::put, api::path(paths::grid, {name}), api::Nothing{}, query));
  session.note("grid " + name + " is made; kontena client token create --grid " + name +
               " makes a token for its nodes");
  if (session.look.quiet || session.look.machine()) session.show(grid, name, [] { return std::string(); });
  return 0;
}

Result<int> grid_ls(Session& session) {
  KTN_TRY(const api::GridList list, session.link.get<api::GridList>(std::string(paths::grids)));
  return session.list(
      list.grids, {"GRID", "NODES READY", "STACKS", "INSTANCES", "POOL", "AGE"},
      [&](const api::GridSummary& g) -> std::vector<Cell> {
        return {g.name, std::to_string(g.nodes_ready) + '/' + std::to_string(g.nodes), g.stacks, g.instances, g.pool,
                session.age(g.created_ms)};
      },
      [](const api::GridSummary& g) { return g.name; });
}

Result<int> grid_rebalance(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::grid_rebalance));
  http::Query query;
  const bool plan = session.arguments.has("--plan");
  if (plan) query["plan"] = "true";
  if (const std::string most = session.arguments.value("--most", ""); !most.empty()) query["most"] = most;
  KTN_TRY(const api::Rebalance answer,
          session.link.send<api::Rebalance>(http::Method::post, path, api::Nothing{}, query));
  if (answer.moves.empty())
    session.note("nothing is to be moved");
  else
    session.note(count_text(std::ssize(answer.moves), "instance") + (plan ? " would move" : " will move, start-first"));
  if (answer.moves.empty() && !session.look.machine()) return 0;
  return session.list(
      answer.moves, {"INSTANCE", "FROM", "TO"},
      [](const api::Move& m) -> std::vector<Cell> {
        return {m.stack + '/' + m.service + '-' + std::to_string(m.slot), m.from, m.to};
      },
      [](const api::Move& m) { return m.stack + '/' + m.service + '-' + std::to_string(m.slot); });
}

namespace {

Result<api::KeepEvents> keep_events(Session& session) {
  api::KeepEvents keep;
  if (const std::string text = session.arguments.value("--events-kept", ""); text == "forever") {
    keep.kept_ms = 0;
  } else if (!text.empty()) {
    const auto time = text::duration(text);
    if (!time || time->count() <= 0)
      return Error{Code::invalid_argument, "--events-kept: '" + text + "' is not a time", "7d, or forever"};
    keep.kept_ms = time->count();
  }
  KTN_TRY(keep.most, number_option(session, "--events-most", 1));
  return keep;
}

// 0: as is usual; none: it is not said.
Result<std::optional<std::int64_t>> time_or_default(const Session& session, std::string_view option) {
  const std::string text = session.arguments.value(option, "");
  if (text.empty()) return std::optional<std::int64_t>();
  if (text == "default") return std::optional<std::int64_t>(0);
  const auto time = text::duration(text);
  if (!time) return Error{Code::invalid_argument, std::string(option) + ": '" + text + "' is not a time", "10s, or default"};
  return std::optional(time->count());
}

}  // namespace

Result<int> grid_set(Session& session) {
  std::string name;
  if (session.arguments.words.empty()) {
    KTN_TRY(name, session.link.grid());
  } else {
    name = session.arguments.words[0];
  }
  api::GridSettings settings;
  KTN_TRY(settings.lost_after_ms, time_or_default(session, "--lost-after"));
  KTN_TRY(settings.stats_interval_ms, time_or_default(session, "--stats-every"));
  if (const std::string pool = session.arguments.value("--pool", ""); !pool.empty())
    settings.pool = pool == "default" ? "" : pool;
  KTN_TRY(const api::KeepEvents keep, keep_events(session));
  const bool keeps = keep.kept_ms || keep.most;
  if (!settings.lost_after_ms && !settings.pool && !settings.stats_interval_ms && !keeps)
    return Error{Code::invalid_argument, "nothing is to be set", "--lost-after 10s, --pool 10.80.0.0/12, --events-kept 7d"};
  if (keeps) KTN_OK(session.link.send<model::EventKeeping>(http::Method::post, api::path(api::paths::event_keeping, {name}), keep));
  KTN_TRY(const api::GridSummary grid,
          session.link.send<api::GridSummary>(http::Method::post, api::path(paths::grid_settings, {name}), settings));
  session.note("grid " + grid.name + " is set");
  if (session.look.quiet || session.look.machine()) session.show(grid, grid.name, [] { return std::string(); });
  return 0;
}

Result<int> grid_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove grid " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_OK(session.link.remove(api::path(paths::grid, {name})));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("grid " + name + " is removed");
    return Done{};
  });
}

Result<int> grid_show(Session& session) {
  std::string name;
  if (session.arguments.words.empty()) {
    KTN_TRY(name, session.link.grid());
  } else {
    name = session.arguments.words[0];
  }
  KTN_TRY(const api::GridSummary grid, get_grid(session, name));
  return session.show(grid, grid.name, [&] {
    Look plain = session.look;
    plain.headers = false;
    Table facts({});
    facts.add({"grid", grid.name});
    facts.add({"nodes", std::to_string(grid.nodes_ready) + " of " + std::to_string(grid.nodes) + " ready"});
    facts.add({"stacks", grid.stacks});
    facts.add({"instances", grid.instances});
    facts.add({"address pool", grid.pool});
    facts.add({"statistics", "every " + text::human_duration(Duration(grid.stats_interval_ms))});
    facts.add({"made", time_text(grid.created_ms)});
    return facts.text(plain);
  });
}

}  // namespace kontena::client
