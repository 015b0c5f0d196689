#include "lost_nodes.h"

#include "../tell.h"
#include "kontena/codec/event_fields.h"
#include "kontena/model/event_kinds.h"
#include "kontena/store/tables.h"

namespace kontena::server {

Status LostNodes::tell(const model::ClusterView& view, const model::Liveness& heard, Time now) {
  if (!told_) {
    KTN_TRY(const store::Listing listed, store_.list(store::lost_nodes.key("")));
    told_.emplace();
    for (const store::Entry& entry : listed.entries) told_->insert(entry.key.substr(store::lost_nodes.key("").size()));
  }
  store::Commit commit;
  std::set<std::string> next = *told_;
  std::erase_if(next, [&](const std::string& key) { return !view.nodes.find(key); });
  view.nodes.each("", [&](const auto& item) {
    const model::Node& node = item.value;
    const auto is = heard.find(node.id);
    if (is == heard.end()) return;
    const bool known = next.count(item.key) > 0;
    model::Event event{.node = node.id, .node_name = node.name, .by = "server"};
    if (is->second == model::NodeState::lost && !known) {
      event.kind = model::kinds::node_lost;
      event.text = "not heard for too long: what can run elsewhere is made there";
      commit.puts.push_back(store::lost_nodes.put(item.key, {.since_ms = to_ms(now)}));
      next.insert(item.key);
    } else if (is->second == model::NodeState::ready && known) {
      event.kind = model::kinds::node_back;
      event.text = "is heard again";
      commit.deletes.push_back(store::lost_nodes.key(item.key));
      next.erase(item.key);
    } else {
      return;
    }
    // Of one that is removed meanwhile nothing is left behind.
    commit.unchanged.push_back({store::nodes.key(item.key), item.revision});
    server::tell(commit, node.grid, std::move(event), now);
  });
  if (!commit.empty()) KTN_OK(store_.commit(commit));
  told_ = std::move(next);
  return Done{};
}

}  // namespace kontena::server
