#include "kontena/api/message_fields.h"
#include "find.h"
#include "handlers.h"

namespace kontena::server {

Result<Answer> get_health(const Context&, const ClusterView&, const Call& call) {
  return answer(api::Hello{"kontena", KONTENA_VERSION, to_ms(call.now)});
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
    KTN_TRY(model::AuditRecord record, store::audit.read(entry));
    list.records.push_back(std::move(record));
  }
  return answer(list);
}

}  // namespace kontena::server
