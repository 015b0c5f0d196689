#include "refusals.h"

#include <vector>

#include "kontena/store/trail.h"

namespace kontena::server {
namespace {

constexpr std::size_t longest_text = 300;  // what people send goes no further into the trail

void cut(std::string& text) {
  if (text.size() > longest_text) text.resize(longest_text);
}

std::string key_of(const model::AuditRecord& r) {
  std::string key;
  for (const std::string* part : {&r.who, &r.from, &r.verb, &r.resource, &r.outcome}) key += *part + '\0';
  return key;
}

// What stands for those that there is no room for.
model::AuditRecord others(const model::AuditRecord& one, bool of_address) {
  return {
      .at_ms = one.at_ms, .who = "others", .from = of_address ? one.from : "", .verb = "others", .outcome = "refused"};
}

}  // namespace

Refusals::Group& Refusals::group_of(State& state, model::AuditRecord& record, Of of) {
  if (const auto found = state.groups.find(key_of(record)); found != state.groups.end()) return found->second;
  const std::size_t known = state.groups.size() - state.strangers;
  const auto of_address = state.by_address.find(record.from);
  const std::size_t alike = of == Of::stranger && of_address != state.by_address.end() ? of_address->second : 0;
  const bool no_room = of == Of::known ? known >= limits_.known : state.strangers >= limits_.strangers;
  if (no_room || alike >= limits_.of_one) record = others(record, !no_room);
  const auto [at, fresh] = state.groups.try_emplace(key_of(record));
  if (!fresh) return at->second;
  at->second.of = of;
  if (of == Of::stranger) ++state.strangers, ++state.by_address[record.from];
  return at->second;
}

void Refusals::forget(State& state, std::map<std::string, Group>::iterator at) {
  if (at->second.of == Of::stranger) {
    --state.strangers;
    const auto address = state.by_address.find(at->second.record.from);
    if (address != state.by_address.end() && --address->second == 0) state.by_address.erase(address);
  }
  state.groups.erase(at);
}

void Refusals::note(model::AuditRecord record, Of of) {
  for (std::string* part : {&record.who, &record.from, &record.verb, &record.resource, &record.user}) cut(*part);
  const std::int64_t at_ms = record.at_ms;
  state_.with([&](State& state) {
    Group& group = group_of(state, record, of);
    if (group.pending == 0) group.record = std::move(record);
    ++group.pending;
    group.record.last_ms = group.pending > 1 ? at_ms : 0;
  });
}

Status Refusals::flush(store::Store& store, const Clock& clock, bool all) {
  struct Due {
    std::string key;
    std::int64_t count;
  };
  std::vector<Due> due;
  const Duration now = clock.steady();
  const auto texts = state_.with([&](State& state) {
    std::vector<model::AuditRecord> records;
    for (auto at = state.groups.begin(); at != state.groups.end();) {
      Group& group = at->second;
      const bool time = !group.once || now - group.written >= limits_.again;
      const auto here = at++;
      if (group.pending == 0 && time)
        forget(state, here);
      else if (group.pending > 0 && (time || all)) {
        due.push_back({here->first, group.pending});
        records.push_back(group.record);
        records.back().count = group.pending;
      }
    }
    return records;
  });
  if (due.empty()) return Done{};
  store::Commit commit;
  for (const model::AuditRecord& record : texts) commit.trail.push_back(store::audit_text(record));
  KTN_OK(store.commit(commit));
  state_.with([&](State& state) {
    for (const Due& one : due) {
      Group& group = state.groups.at(one.key);  // only this takes any away
      group.pending -= one.count;
      group.record.at_ms = group.record.last_ms;  // of those that came meanwhile
      group.written = now;
      group.once = true;
    }
  });
  return Done{};
}

}  // namespace kontena::server
