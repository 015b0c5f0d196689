#include "kontena/api/message_fields.h"
#include "../log_keeper.h"
#include "../people.h"
#include "../unreadable.h"
#include "../use.h"
#include "find.h"
#include "handlers.h"

namespace kontena::server {

namespace {

std::vector<api::Problem> problems(const Context& context, const ClusterView& view) {
  std::vector<api::Problem> all;
  if (const Status writes = context.store.health(); !writes)
    all.push_back({"", "nothing can be written: " + writes.error().message, writes.error().hint});
  if (const std::string trouble = context.log_keeper->trouble(); !trouble.empty()) all.push_back({"logs", "logs are not kept: " + trouble, "the nodes keep their lines meanwhile"});
  if (const std::string trouble = context.use->trouble(); !trouble.empty()) all.push_back({"stats", "statistics are not kept: " + trouble, "the last hour is in memory"});
  if (const auto locked = context.vault.trouble()) all.push_back({"meta/keyring", locked->message, locked->hint});
  for (api::Problem& problem : problems_of(view)) all.push_back(std::move(problem));
  return all;
}

}  // namespace

Result<Answer> get_health(const Context& context, const ClusterView& view, const Call& call) {
  const auto count = static_cast<std::int64_t>(problems(context, view).size());
  return answer(api::Hello{"kontena", KONTENA_VERSION, to_ms(call.now), count});
}

Result<Answer> list_problems(const Context& context, const ClusterView& view, const Call&) {
  return answer(api::ProblemList{problems(context, view)});
}

Result<Answer> get_authority(const Context& context, const ClusterView&, const Call&) {
  return answer(api::AuthorityAnswer{context.authority.own().certificate_pem});
}

Result<Answer> get_who(const Context&, const ClusterView& view, const Call& call) {
  static constexpr std::string_view kinds[] = {"nobody", "node", "user"};
  api::Whoami who{.kind = std::string(kinds[static_cast<int>(call.who.kind)]), .id = call.who.id, .name = call.who.name, .grid = call.who.grid};
  if (const model::Token* token = call.who.kind == access::Kind::user ? view.tokens.get(call.who.id) : nullptr) {
    who.session = call.who.session;
    who.scope = '/' + token->scope;
    who.verbs = token->verbs;
    who.expires_ms = token->expires_ms;
    who.roles = roles_of(call.who.rights);
  }
  return answer(who);
}

}  // namespace kontena::server
