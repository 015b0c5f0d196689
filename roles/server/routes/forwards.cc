#include "../forwards.h"

#include <algorithm>

#include "find.h"
#include "handlers.h"
#include "kontena/api/forwards.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/forward/target.h"
#include "kontena/pki/authority.h"

namespace kontena::server {

Result<std::vector<Forward>> forwards_of(store::Store& store, const std::string& prefix) {
  KTN_TRY(const store::Listing listed, store.list(forwards.key(prefix)));
  std::vector<Forward> found;
  for (const store::Entry& entry : listed.entries) {
    auto forward = forwards.read(entry);
    if (forward)
      found.push_back(std::move(*forward));
    else
      log::error("a record cannot be read: nothing is forwarded by it", {{"key", entry.key}, {"reason", forward.error().message}});
  }
  return found;
}

Status drop_forwards(store::Store& store, const std::string& prefix, store::Commit& commit) {
  KTN_TRY(const store::Listing listed, store.list(forwards.key(prefix)));
  for (const store::Entry& entry : listed.entries) commit.deletes.push_back(entry.key);
  return Done{};
}

namespace {

// Each agent of the grid has a thread and a connection for each.
constexpr std::size_t most_of_place = 8, most_of_grid = 32;
constexpr std::size_t largest_authorities = 64u << 10;

std::string scope_of(const Call& call) {
  const auto project = call.path.find("project");
  return call.at("grid") + '/' + (project == call.path.end() ? "" : project->second) + '/';
}

Status need_place(const ClusterView& view, const Call& call) {
  return call.path.contains("project") ? need_project(view, call) : need_grid(view, call);
}

// 0 where it is not there any more.
std::int64_t made_ms(const ClusterView& view, const std::string& grid, const std::string& project) {
  if (project.empty()) {
    const auto* record = view.grids.get(grid);
    return record ? record->created_ms : 0;
  }
  const auto* record = view.projects.get(grid + '/' + project);
  return record ? record->created_ms : 0;
}

bool stands(const ClusterView& view, const Forward& forward) {
  return forward.place_ms == made_ms(view, forward.grid, forward.project);
}

api::ForwardEntry entry_of(const Forward& forward) {
  return {forward.name, forward.to, !forward.ca_pem.empty(), forward.created_ms, forward.created_by};
}

}  // namespace

Result<Answer> list_forwards(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const auto all, forwards_of(context.store, scope_of(call)));
  api::ForwardList list;
  for (const Forward& forward : all)
    if (stands(view, forward)) list.forwards.push_back(entry_of(forward));
  return answer(list);
}

Result<Change> put_forward(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const auto asked, body_of<api::ForwardRequest>(call));
  const std::string name = call.at("forward"), key = scope_of(call) + name;
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name.substr(0, 100) + "' cannot be a forward's name",
                 "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  KTN_TRY(const forward::Target target, forward::parse(asked.to));
  if (asked.ca_pem.size() > largest_authorities)
    return Error{Code::invalid_argument, "the authorities' certificates are longer than 64 KiB"};
  if (!asked.ca_pem.empty() && !target.tls)
    return Error{Code::invalid_argument, "authorities are trusted over TLS alone, and '" + asked.to + "' goes without",
                 "syslog+tls, fluentd+tls, otlp+https"};
  if (!asked.ca_pem.empty()) KTN_OK(pki::read_certificate(asked.ca_pem));
  KTN_TRY(const auto known, context.store.get(forwards.key(key)));
  if (!known) {
    KTN_TRY(const auto all, forwards_of(context.store, call.at("grid") + '/'));
    const auto here = static_cast<std::size_t>(std::ranges::count_if(all, [&](const Forward& each) {
      return forwards.key(each.grid + '/' + each.project + '/') == forwards.key(scope_of(call));
    }));
    if (here >= most_of_place || all.size() >= most_of_grid)
      return Error{Code::failed_precondition,
                   here >= most_of_place ? "there are " + std::to_string(here) + " forwards here already"
                                         : "there are " + std::to_string(all.size()) + " forwards in the grid and its projects already",
                   "kontena client forward rm FORWARD"};
  }
  const auto project = call.path.find("project");
  Forward made{.grid = call.at("grid"),
               .project = project == call.path.end() ? "" : project->second,
               .name = name,
               .to = forward::text(target),
               .ca_pem = asked.ca_pem,
               .created_ms = to_ms(call.now),
               .created_by = call.who.text()};
  made.place_ms = made_ms(view, made.grid, made.project);
  Change change{.reply = json(entry_of(made), known ? 200 : 201), .resource = key};
  change.commit.unchanged = {{forwards.key(key), known ? known->revision : 0}};
  // Not of a grid or project that is removed at the same time.
  if (made.project.empty())
    change.commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(made.grid)));
  else
    change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(made.grid + '/' + made.project)));
  change.commit.puts = {forwards.put(key, made)};
  return change;
}

Result<Change> remove_forward(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  const std::string& name = call.at("forward");
  const std::string key = scope_of(call) + name;
  if (!text::is_label(name)) return absent("forward", name.substr(0, 100), "kontena client forward ls");
  KTN_TRY(const auto known, context.store.get(forwards.key(key)));
  if (!known) return absent("forward", name.substr(0, 100), "kontena client forward ls");
  Change change{.reply = {200, "{}"}, .resource = key};
  change.commit.unchanged = {{known->key, known->revision}};
  change.commit.deletes = {known->key};
  return change;
}

// What an agent forwards. It has the digest of what it was told last; waits while that is so.
Result<Answer> get_agent_forwards(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto all, forwards_of(context.store, call.who.grid + '/'));
  api::AgentForwards told;
  for (const Forward& forward : all)
    if (stands(view, forward)) told.forwards.push_back({forward.project, forward.name, forward.to, forward.ca_pem});
  told.digest = crypto::sha256_hex(codec::to_json(told)).substr(0, 32);
  if (told.digest != call.ask("has") || call.last) return answer(told);
  return Answer(Park{{"forwards/" + call.who.grid, "projects/" + call.who.grid}});
}

}  // namespace kontena::server
