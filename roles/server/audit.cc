#include "audit.h"

#include <algorithm>
#include <array>

#include "kontena/crypto/digest.h"
#include "kontena/store/trail.h"

namespace kontena::server {
namespace {

// The table that a verb's noun is kept in, where it is not the noun with an s.
struct Noun {
  std::string_view noun, table;
};
constexpr std::array nouns{Noun{"alert", "alert_rules"},  Noun{"binding", "bindings"},    Noun{"policy", "policies"}, Noun{"quota", "policies"},
                           Noun{"registry", "registries"}, Noun{"password", "users"}, Noun{"secret", "named_secrets"},  Noun{"session", "tokens"},
                           Noun{"sso", "providers"},
                           Noun{"login", "tokens"},        Noun{"logout", "tokens"}};

std::string table_of(std::string_view verb) {
  const auto noun = verb.substr(0, verb.find('.'));
  const auto at = std::ranges::find(nouns, noun, &Noun::noun);
  return (at != nouns.end() ? std::string(at->table) : std::string(noun) + 's') + '/';
}

// The record that a change is about: of the verb's own table, else the first it writes.
std::string about(std::string_view verb, const store::Commit& commit) {
  const std::string table = table_of(verb);
  for (const auto& put : commit.puts)
    if (put.key.starts_with(table)) return put.key;
  for (const auto& key : commit.deletes)
    if (key.starts_with(table)) return key;
  if (!commit.puts.empty()) return commit.puts.front().key;
  return commit.deletes.empty() ? std::string() : commit.deletes.front();
}

access::Scope place_of_path(const Call& call) {
  const auto part = [&](const char* name) {
    const auto found = call.path.find(name);
    return found == call.path.end() ? std::string() : found->second;
  };
  return {part("grid"), part("project"), part("stack")};
}

}  // namespace

model::AuditRecord audit_record(const Call& call, std::string_view verb, const std::string& resource,
                                std::string_view outcome) {
  model::AuditRecord record{.at_ms = to_ms(call.now),
                            .who = call.who.text(),
                            .from = call.from,
                            .verb = std::string(verb),
                            .resource = resource,
                            .outcome = std::string(outcome),
                            .request = call.request,
                            .user = call.who.name,
                            .place = place_of_path(call).text()};
  if (!call.proven.empty() && call.who.kind == access::Kind::nobody) record.who = record.user = call.proven;
  if (call.who.kind == access::Kind::user) record.token = call.who.id;
  if (call.token) record.who = "join token " + *call.token->id, record.token = *call.token->id;
  return record;
}

Status record_change(const Context& context, const Route& route, const Call& call, Change& change) {
  model::AuditRecord record = audit_record(call, route.audit, change.resource, "ok");
  if (change.place) record.place = change.place->text();
  record.record = about(route.audit, change.commit);
  if (!record.record.empty()) {
    KTN_TRY(const auto was, context.store.get(record.record));
    if (was) record.before = crypto::sha256_hex(was->value);
    const auto put = std::ranges::find(change.commit.puts, record.record, &store::Commit::Put::key);
    if (put != change.commit.puts.end()) record.after = crypto::sha256_hex(put->value);
    if (std::ranges::find(change.commit.unchanged, record.record, &store::Commit::Expect::key) ==
        change.commit.unchanged.end())
      change.commit.unchanged.push_back({record.record, was ? was->revision : 0});
  }
  change.commit.trail.push_back(store::audit_text(record));
  return Done{};
}

void note_refused(Context& context, const Route& route, const Call& call, const Error& error) {
  const bool known = call.who.kind != access::Kind::nobody;
  const std::string_view verb =
      !route.audit.empty() ? route.audit
      : route.permission.who == access::Permission::Who::holder || route.permission.who == access::Permission::Who::part
          ? access::name(route.permission.verb)
          : std::string_view("ask");
  std::string path(route.path);
  // What a stranger writes into a path is not for others to read.
  if (known)
    for (const auto& [name, value] : call.path)
      if (const auto at = path.find('{' + name + '}'); at != std::string::npos)
        path.replace(at, name.size() + 2, value);
  if (!call.about.empty()) path = call.about;
  model::AuditRecord record = audit_record(call, verb, path, name(error.code));
  if (!known) record.place.clear();
  context.refusals.note(std::move(record), known ? Refusals::Of::known : Refusals::Of::stranger);
}

bool TokenAddresses::is_new(const model::Token& token, const std::string& from) {
  return seen_.with([&](auto& seen) {
    const auto known = seen.find(*token.id);
    if (known != seen.end() && known->second.contains(from)) return false;
    if (known == seen.end() && seen.size() >= most_tokens) seen.clear();
    std::set<std::string>& of_token = seen[*token.id];
    const bool remembered = token.used_from == from || token.from == from;
    if (of_token.size() >= most_addresses) of_token.clear();
    of_token.insert(from);
    return !remembered;
  });
}

}  // namespace kontena::server
