#include "events.h"

#include <algorithm>
#include <deque>
#include <map>

#include "kontena/base/text.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

// GRID/TIME/NODE/ID
struct Where {
  std::string key;  // of the store, whole
  std::string node;
  std::string id;
};
Where where(const std::string& key) {
  const auto parts = text::split(key, '/');
  return {key, parts.size() > 3 ? parts[3] : "", parts.size() > 4 ? parts[4] : ""};
}

std::string time_text(std::int64_t ms) {
  std::string text = std::to_string(std::max<std::int64_t>(0, ms));
  return text.insert(0, 15 - std::min<std::size_t>(15, text.size()), '0');
}

std::int64_t time_of(const std::string& key) {
  const auto parts = text::split(key, '/');
  return parts.size() > 2 ? text::integer(std::string_view(parts[2]).substr(std::min(parts[2].find_first_not_of('0'), parts[2].size()))).value_or(0) : 0;
}

// An event that happened again has the key of its first time: so much older may its key be.
constexpr std::int64_t longest_series_ms = 24ll * 3'600'000;
constexpr std::size_t page_size = 500;

bool fits(const model::Event& event, const EventFilter& f) {
  const auto is = [](const std::string& wanted, const std::string& has) { return wanted.empty() || wanted == has; };
  return is(f.node, *event.node) && is(f.project, event.project) && is(f.stack, event.stack) &&
         is(f.service, event.service) && (f.slot == 0 || event.slot == 0 || event.slot == f.slot) &&
         (f.kinds.empty() || std::ranges::find(f.kinds, event.kind) != f.kinds.end()) &&
         event.last_ms >= f.since_ms && (f.until_ms == 0 || event.at_ms <= f.until_ms) && (!f.may || f.may(event));
}

}  // namespace

std::string event_tail(const std::string& grid, std::int64_t at_ms, const std::string& id) {
  return grid + '/' + time_text(at_ms) + "//" + id;
}

Result<api::EventList> find_events(store::Store& store, const std::string& grid, const EventFilter& filter) {
  struct Found {
    model::Event event;
    store::Revision revision;
  };
  std::vector<Found> found;
  api::EventList list{.revision = std::max<std::int64_t>(filter.after, 0)};
  const bool onward = filter.after >= 0;
  const std::string prefix = store::events.key(grid) + '/';
  for (std::string before;;) {
    KTN_TRY(const auto entries, store.page(prefix, before, page_size, true));
    bool any_newer = false;
    for (const store::Entry& entry : entries) {
      list.revision = std::max(list.revision, entry.revision);
      if (entry.revision <= filter.after) continue;
      any_newer = true;
      auto event = store::events.read(entry);
      // One that is damaged hides none of the others.
      if (!event) event = model::Event{.kind = "(damaged)", .text = entry.key};
      if (!fits(*event, filter)) continue;
      found.push_back({*std::move(event), entry.revision});
      if (!onward && found.size() >= filter.most) break;
    }
    if (entries.size() < page_size || (onward ? !any_newer : found.size() >= filter.most)) break;
    before = entries.back().key;
    if (!onward && time_of(before) + longest_series_ms < filter.since_ms) break;
  }
  if (onward) {
    // What was written together is given together: the next question goes on behind it.
    std::ranges::reverse(found);
    std::ranges::stable_sort(found, {}, &Found::revision);
    if (found.size() > filter.most) {
      const store::Revision last = found[filter.most - 1].revision;
      std::erase_if(found, [&](const Found& one) { return one.revision > last; });
      list.revision = last;
    }
  }
  // What was told in one millisecond is in the order in which it was written.
  if (!onward)
    std::ranges::stable_sort(found, [](const Found& a, const Found& b) {
      return a.event.at_ms != b.event.at_ms ? a.event.at_ms > b.event.at_ms : a.revision > b.revision;
    });
  for (Found& one : found) list.events.push_back(std::move(one.event));
  return list;
}

std::vector<std::string> too_many(const std::vector<KeptEvent>& all, const model::EventKeeping& keeping,
                                  std::int64_t now_ms) {
  std::vector<std::string> gone;
  std::map<std::string, std::deque<const KeptEvent*>> kept;
  std::size_t left = 0;
  for (const KeptEvent& one : all) {
    if (keeping.kept_ms > 0 && one.last_ms + keeping.kept_ms < now_ms)
      gone.push_back(one.key);
    else
      kept[one.owner].push_back(&one), ++left;
  }
  std::multimap<std::size_t, std::deque<const KeptEvent*>*> by_count;
  for (auto& [owner, events] : kept) by_count.emplace(events.size(), &events);
  for (; left > static_cast<std::size_t>(std::max<std::int64_t>(keeping.most, 0)); --left) {
    auto most = by_count.extract(std::prev(by_count.end()));
    gone.push_back(most.mapped()->front()->key);
    most.mapped()->pop_front();
    most.key() = most.mapped()->size();
    by_count.insert(std::move(most));
  }
  return gone;
}

Result<model::EventKeeping> keeping_of(store::Store& store, const std::string& grid) {
  KTN_TRY(const auto entry, store.get(store::event_keeping.key(grid)));
  if (!entry) return model::EventKeeping{};
  return store::event_keeping.read(*entry);
}

Status add_events(store::Store& store, const model::Node& node, Time now, const api::EventsRequest& request,
                  store::Commit& commit) {
  // Those that the server tells are the keeper's.
  std::vector<store::Entry> entries;
  for (std::string after;;) {
    KTN_TRY(auto page, store.page(store::events.key(node.grid) + '/', after, page_size, false));
    if (page.empty()) break;
    after = page.back().key;
    for (store::Entry& entry : page)
      if (!where(entry.key).node.empty()) entries.push_back(std::move(entry));
  }
  std::vector<Where> all;                   // oldest first
  std::map<std::string, std::string> told;  // keys of what this node has told before, by id
  for (const store::Entry& entry : entries) {
    all.push_back(where(entry.key));
    if (all.back().node == *node.id) told[all.back().id] = entry.key;
  }
  const std::int64_t now_ms = to_ms(now);
  for (const api::EventReport& report : request.events) {
    model::Event event{.at_ms = now_ms - report.first_ago_ms,
                       .last_ms = now_ms - report.last_ago_ms,
                       .count = report.count,
                       .kind = report.kind,
                       .node = node.id,
                       .node_name = node.name,
                       .text = report.text,
                       .by = "node " + node.name};
    std::string tail = node.grid + '/' + time_text(event.at_ms) + '/' + *node.id + '/' + report.id;
    if (const auto before = told.find(report.id); before != told.end())
      tail = before->second.substr(store::events.key("").size());
    else
      all.push_back(where(store::events.key(tail)));
    told[report.id] = store::events.key(tail);
    commit.puts.push_back(store::events.put(tail, event));
  }
  std::map<std::string, std::size_t> count;
  for (const Where& one : all) ++count[one.node];
  for (std::size_t left = all.size(); left > most_events; --left) {
    const auto most = std::ranges::max_element(count, {}, [](const auto& one) { return one.second; });
    const auto oldest = std::ranges::find(all, most->first, &Where::node);
    const bool is_new = std::erase_if(commit.puts, [&](const auto& put) { return put.key == oldest->key; }) > 0;
    const bool is_kept = std::ranges::any_of(entries, [&](const auto& entry) { return entry.key == oldest->key; });
    if (!is_new || is_kept) commit.deletes.push_back(oldest->key);
    --most->second;
    all.erase(oldest);
  }
  return Done{};
}

}  // namespace kontena::server
