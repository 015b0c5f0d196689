#include "kontena/store/trail.h"

#include <algorithm>

#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/store/tables.h"

namespace kontena::store {
namespace {

constexpr std::size_t digits = 15;
constexpr std::size_t hash_size = 64;
constexpr std::size_t at_once = 500;  // records that become one commit

}  // namespace

std::string trail_key(std::int64_t number) {
  std::string text = std::to_string(number);
  text.insert(0, digits - std::min(digits, text.size()), '0');
  return std::string(trail_prefix) + text;
}

std::optional<std::int64_t> trail_number(std::string_view key) {
  if (!key.starts_with(trail_prefix) || key.size() != trail_prefix.size() + digits) return std::nullopt;
  return text::integer(key.substr(trail_prefix.size()));
}

std::string trail_value(const crypto::Link& link, std::string_view text) { return link.hash + ' ' + std::string(text); }

Result<Trailed> read_trail(const Entry& entry) {
  const auto number = trail_number(entry.key);
  const std::string_view value = entry.value;
  if (!number || value.size() <= hash_size || value[hash_size] != ' ')
    return Error{Code::corrupt, "record '" + entry.key + "' is not one of the audit trail"};
  return Trailed{{*number, std::string(value.substr(0, hash_size))}, value.substr(hash_size + 1)};
}

std::string audit_text(const model::AuditRecord& record) { return audit.put("", record).value; }

Result<model::AuditRecord> read_audit(const Entry& entry) {
  if (!trail_number(entry.key)) return audit.read(entry);
  KTN_TRY(const Trailed trailed, read_trail(entry));
  return audit.read({entry.key, std::string(trailed.text), entry.revision});
}

Status chain_old_records(Store& store) {
  std::size_t count = 0;
  for (std::string after;;) {
    // A time in milliseconds is beyond every number there is: the old ones are the last.
    KTN_TRY(const auto last, store.page(trail_prefix, "", 1, true));
    if (last.empty() || trail_number(last.front().key)) break;
    KTN_TRY(const crypto::Link end, store.trail());
    if (end.number > 0) after = std::max(after, trail_key(end.number));
    KTN_TRY(const auto entries, store.page(trail_prefix, after, at_once, false));
    if (entries.empty()) break;
    after = entries.back().key;
    Commit commit;
    for (const Entry& entry : entries) {
      if (trail_number(entry.key)) continue;
      commit.unchanged.push_back({entry.key, entry.revision});
      commit.deletes.push_back(entry.key);
      commit.trail.push_back(entry.value);
    }
    if (!commit.empty()) KTN_OK(store.commit(commit));
    count += commit.trail.size();
  }
  if (count > 0) log::info("older audit records are in the chain now", {{"count", count}});
  return Done{};
}

}  // namespace kontena::store
