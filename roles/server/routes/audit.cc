#include <algorithm>

#include "../trail.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/audit.h"
#include "kontena/base/log.h"
#include "kontena/store/trail.h"

namespace kontena::server {
namespace {

constexpr std::size_t page_size = 500;
constexpr std::size_t most_looked_at = 20'000;  // records, for one answer

struct Filter {
  std::string user, verb, resource;
  std::int64_t since_ms = 0, until_ms = 0;

  bool fits(const model::AuditRecord& record) const {
    const std::int64_t last_ms = std::max(record.at_ms, record.last_ms);
    const bool by = user.empty() || record.user == user || (record.user.empty() && record.who.starts_with(user + ' '));
    return by && (verb.empty() || access::matches(verb, record.verb)) &&
           (resource.empty() || access::matches(resource, record.resource)) && (since_ms == 0 || last_ms >= since_ms) &&
           (until_ms == 0 || record.at_ms < until_ms);
  }
};

Result<Filter> filter_asked(const Call& call) {
  Filter filter{.user = call.ask("user"), .verb = call.ask("verb"), .resource = call.ask("resource")};
  for (const std::string* text : {&filter.user, &filter.verb, &filter.resource})
    if (text->size() > 300) return Error{Code::invalid_argument, "what is asked for is longer than 300 bytes"};
  KTN_TRY(filter.since_ms, number_asked(call, "since_ms", 0));
  KTN_TRY(filter.until_ms, number_asked(call, "until_ms", 0));
  return filter;
}

// What is of a project is that of whoever may read the project's.
bool readable(const Call& call, const model::AuditRecord& record) {
  auto place = access::parse_scope(record.place);
  if (!place) return call.may(access::Verb::audit_read, {});
  place->stack.clear();
  return call.may(access::Verb::audit_read, *place);
}

// A page further back each, until there are enough, or enough were looked at.
struct Trail {
  const Context& context;
  const Call& call;
  const Filter& filter;
  api::AuditList list = {};
  std::size_t looked = 0;

  Status read(std::string before, std::size_t limit) {
    while (list.records.size() < limit && looked < most_looked_at) {
      KTN_TRY(const auto entries, context.store.page(store::trail_prefix, before, page_size, true));
      if (entries.empty()) return Done{};
      for (const store::Entry& entry : entries) {
        before = entry.key;
        ++looked;
        take(entry);
        if (list.records.size() == limit) break;
      }
    }
    list.next = store::trail_number(before).value_or(0);
    if (list.next == 1) list.next = 0;
    return Done{};
  }
  void take(const store::Entry& entry) {
    auto record = store::read_audit(entry);
    // One that is damaged hides none of the others.
    api::AuditEntry shown{record ? *std::move(record) : model::AuditRecord{.verb = "(damaged)", .resource = entry.key}};
    shown.number = store::trail_number(entry.key).value_or(0);
    if (filter.fits(shown) && readable(call, shown)) list.records.push_back(std::move(shown));
  }
};

}  // namespace

Result<Answer> list_audit(const Context& context, const ClusterView&, const Call& call) {
  KTN_TRY(const std::int64_t limit, number_asked(call, "limit", 100));
  if (limit < 1 || limit > 10'000) return Error{Code::invalid_argument, "?limit= is 1 to 10000"};
  KTN_TRY(const std::int64_t before, number_asked(call, "before", 0));
  if (before < 0) return Error{Code::invalid_argument, "?before= is a number of the trail"};
  KTN_TRY(const Filter filter, filter_asked(call));
  Trail trail{context, call, filter};
  KTN_OK(trail.read(before == 0 ? std::string() : store::trail_key(before), static_cast<std::size_t>(limit)));
  return answer(trail.list);
}

Result<http::Response> export_audit(Context& context, const View&, const Call& call, http::Upload*) {
  // What was refused until now is to be in it.
  KTN_OK(context.refusals.flush(context.store, context.clock, true));
  http::Response response{.content_type = "application/jsonl"};
  response.stream = [&context, now = call.now](http::Writer& writer) {
    std::string lines;
    const Status written = write_trail(context.store, context.authority, now, [&](const std::string& line) {
      lines += line;
      if (lines.size() < (64u << 10)) return true;
      const bool more = writer.write(lines);
      lines.clear();
      return more;
    });
    if (!written) log::error("an export of the audit trail was broken off", {{"reason", written.error().message}});
    writer.write(lines);
  };
  return response;
}

}  // namespace kontena::server
