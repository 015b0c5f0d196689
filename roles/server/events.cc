#include "events.h"

#include <algorithm>
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

}  // namespace

Result<std::vector<model::Event>> events_of(store::Store& store, const std::string& grid, const EventFilter& filter) {
  std::vector<model::Event> found;
  KTN_TRY(const auto entries, store.page(store::events.key(grid) + '/', "", 2 * most_events, true));
  for (const store::Entry& entry : entries) {
    if (found.size() >= filter.most) break;
    auto event = store::events.read(entry);
    // One that is damaged hides none of the others.
    if (!event) event = model::Event{.kind = "(damaged)", .text = entry.key};
    const bool fits = (filter.node.empty() || *event->node == filter.node) &&
                      (filter.kind.empty() || event->kind == filter.kind) && event->last_ms >= filter.since_ms;
    if (fits) found.push_back(*std::move(event));
  }
  return found;
}

Status add_events(store::Store& store, const model::Node& node, Time now, const api::EventsRequest& request,
                  store::Commit& commit) {
  KTN_TRY(const auto entries, store.page(store::events.key(node.grid) + '/', "", 2 * most_events, false));
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
                       .text = report.text};
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
