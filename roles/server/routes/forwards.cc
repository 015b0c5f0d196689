#include "../forward_troubles.h"
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

Result<std::map<std::string, std::set<std::string>>> sealed_of_forwards(store::Store& store) {
  KTN_TRY(const store::Listing listed, store.list(forwards.key("")));
  std::map<std::string, std::set<std::string>> sealed;
  for (const store::Entry& entry : listed.entries) {
    KTN_TRY(const Forward forward, forwards.read(entry));
    if (!forward.digest.empty()) sealed[forward.scope()].insert(forward.digest);
  }
  return sealed;
}

namespace {

// Each agent of the grid has a thread and a connection for each.
constexpr std::size_t most_of_place = 8, most_of_grid = 32;
constexpr std::size_t largest_authorities = 64u << 10;

std::string project_of(const Call& call) {
  const auto project = call.path.find("project");
  return project == call.path.end() ? "" : project->second;
}
std::string scope_of(const Call& call) { return call.at("grid") + '/' + project_of(call) + '/'; }

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
  return {forward.name, forward.to, !forward.ca_pem.empty(), forward.created_ms, forward.created_by, forward.headers, {}};
}

std::string sealed_name(const std::string& forward) { return "forward " + forward; }
std::string sealed_key(const Forward& forward) { return sealed_secrets.key(secret_tail(forward.scope(), forward.digest)); }

// A line each, which no value has two of.
Redacted text_of(const std::map<std::string, std::string>& headers) {
  std::string text;
  for (const auto& [name, value] : headers) text += name + ':' + value + '\n';
  return Redacted(std::move(text));
}

Status open_headers(const Context& context, const Forward& forward, std::map<std::string, std::string>& headers) {
  KTN_TRY(const auto known, context.store.get(sealed_key(forward)));
  if (!known) return Error{Code::corrupt, "what is sealed of them is not there"};
  KTN_TRY(const SealedSecret sealed, sealed_secrets.read(*known));
  KTN_TRY(const Redacted text, context.vault.open(forward.scope(), forward.digest, sealed));
  for (const std::string& line : text::split(text.reveal(), '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string::npos) headers[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return Done{};
}

// For the agents. What cannot be opened has no values, and is not sent to: its state says so.
api::AgentForward told_of(const Context& context, const Forward& forward) {
  api::AgentForward told{forward.project, forward.name, forward.to, forward.ca_pem, forward.digest, {}};
  for (const std::string& name : forward.headers) told.headers[name];
  if (forward.digest.empty()) return told;
  if (const Status opened = open_headers(context, forward, told.headers); !opened)
    log::error("the headers of a forward cannot be read: nothing is sent there",
               {{"forward", forward.scope() + '/' + forward.name}, {"reason", opened.error().message}});
  return told;
}

}  // namespace

Result<Answer> list_forwards(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const auto all, forwards_of(context.store, scope_of(call)));
  api::ForwardList list;
  for (const Forward& forward : all)
    if (stands(view, forward)) list.forwards.push_back(entry_of(forward));
  if (context.forward_troubles) {
    view.nodes.each(call.at("grid") + '/', [&](const auto& node) {
      for (const api::AgentForwardTrouble& trouble : context.forward_troubles->of(node.key)) {
        if (trouble.project != project_of(call)) continue;
        for (api::ForwardEntry& entry : list.forwards)
          if (entry.name == trouble.name) entry.troubles.push_back({node.value.name, trouble.error, trouble.dropped_lines});
      }
    });
    for (api::ForwardEntry& entry : list.forwards) std::ranges::sort(entry.troubles, {}, &api::ForwardTrouble::node);
  }
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
  KTN_OK(forward::check_headers(target, asked.headers));
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
  Forward made{.grid = call.at("grid"),
               .project = project_of(call),
               .name = name,
               .to = forward::text(target),
               .ca_pem = asked.ca_pem,
               .created_ms = to_ms(call.now),
               .created_by = call.who.text()};
  made.place_ms = made_ms(view, made.grid, made.project);
  Change change{.reply = {}, .resource = key};
  change.commit.unchanged = {{forwards.key(key), known ? known->revision : 0}};
  if (!asked.headers.empty()) {
    for (const auto& [header, value] : asked.headers) made.headers.push_back(header);
    KTN_TRY(Sealing sealing, context.vault.seal(made.scope(), sealed_name(name), text_of(asked.headers), call.now, context.ids));
    KTN_TRY(const auto sealed, context.store.get(sealing.put.key));
    made.digest = sealing.digest;
    change.commit.unchanged.push_back({sealing.put.key, sealed ? sealed->revision : 0});
    change.commit.unchanged.push_back(sealing.keyring);
    change.commit.puts.push_back(std::move(sealing.put));
  }
  if (known) {
    const auto before = forwards.read(*known);
    if (before && !before->digest.empty() && before->digest != made.digest) change.commit.deletes.push_back(sealed_key(*before));
  }
  change.reply = json(entry_of(made), known ? 200 : 201);
  // Not of a grid or project that is removed at the same time.
  if (made.project.empty())
    change.commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(made.grid)));
  else
    change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(made.grid + '/' + made.project)));
  change.commit.puts.push_back(forwards.put(key, made));
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
  const auto before = forwards.read(*known);
  if (before && !before->digest.empty()) change.commit.deletes.push_back(sealed_key(*before));
  return change;
}

// What an agent forwards. It has the digest of what it was told last; waits while that is so.
Result<Answer> get_agent_forwards(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto all, forwards_of(context.store, call.who.grid + '/'));
  api::AgentForwards told;
  for (const Forward& forward : all)
    if (stands(view, forward)) told.forwards.push_back(told_of(context, forward));
  // Of no value: `secret` is another one where one is.
  api::AgentForwards shown = told;
  for (api::AgentForward& each : shown.forwards)
    for (auto& [name, value] : each.headers) value = value.empty() ? "" : "known";
  told.digest = crypto::sha256_hex(codec::to_json(shown)).substr(0, 32);
  if (told.digest != call.ask("has") || call.last) return answer(told);
  return Answer(Park{{"forwards/" + call.who.grid, "projects/" + call.who.grid}});
}

// What the agent has trouble with: in memory alone, as it tells all of it anew before long.
Result<http::Response> take_forward_troubles(Context& context, const View&, const Call& call, http::Upload*) {
  KTN_TRY(auto told, body_of<api::AgentForwardTroubles>(call));
  if (told.troubles.size() > api::most_forward_troubles) return Error{Code::invalid_argument, "these are more troubles than there are forwards"};
  for (const api::AgentForwardTrouble& each : told.troubles)
    if (each.name.size() > 63 || each.project.size() > 63 || each.error.size() > api::longest_forward_error || each.dropped_lines < 0)
      return Error{Code::invalid_argument, "there is something too long in a trouble"};
  if (context.forward_troubles) context.forward_troubles->put(call.who.grid + '/' + call.who.id, std::move(told.troubles));
  return http::Response{.body = "{}"};
}

}  // namespace kontena::server
