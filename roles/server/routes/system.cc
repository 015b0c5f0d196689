#include "kontena/api/message_fields.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"

namespace kontena::server {

namespace {

std::vector<api::Problem> problems(const Context& context, const ClusterView& view) {
  std::vector<api::Problem> all;
  if (const Status writes = context.store.health(); !writes)
    all.push_back({"", "nothing can be written: " + writes.error().message, writes.error().hint});
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

Result<Answer> get_who(const Context&, const ClusterView&, const Call& call) {
  static constexpr std::string_view kinds[] = {"nobody", "node", "administrator"};
  return answer(api::Who{std::string(kinds[static_cast<int>(call.who.kind)]), call.who.id, call.who.name, call.who.grid});
}

// ?limit= newest records first.
Result<Answer> list_audit(const Context& context, const ClusterView&, const Call& call) {
  KTN_TRY(const std::int64_t limit, number_asked(call, "limit", 100));
  if (limit < 1 || limit > 10'000) return Error{Code::invalid_argument, "?limit= is 1 to 10000"};
  KTN_TRY(const auto entries, context.store.page("audit/", "", static_cast<std::size_t>(limit), true));
  api::AuditList list;
  for (const store::Entry& entry : entries) {
    auto record = store::audit.read(entry);
    // One that is damaged hides none of the others.
    list.records.push_back(record ? *std::move(record) : model::AuditRecord{.verb = "(damaged)", .resource = entry.key});
  }
  return answer(list);
}

}  // namespace kontena::server
