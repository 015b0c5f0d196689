#include "kontena/store/tables.h"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>

#include "view_tables.h"

namespace kontena::store {
namespace {

using model::ClusterView;
using Item = std::shared_ptr<const void>;  // an Ordered<T>::Item of the row's T

template <class T>
std::string_view tail_of(const Table<T>& table, std::string_view key) {
  return key.substr(table.name.size() + 1);
}

template <const auto& table, auto member>
struct Plain {
  using Map = std::remove_reference_t<decltype(std::declval<ClusterView&>().*member)>;
  using Row = typename Map::Item;

  static Result<Item> read(const Entry& entry) {
    KTN_TRY(auto value, table.read(entry));
    return Item(
        std::make_shared<const Row>(Row{std::string(tail_of(table, entry.key)), entry.revision, std::move(value)}));
  }
  static void put(ClusterView& view, const Item& item) {
    (view.*member).put(std::static_pointer_cast<const Row>(item));
  }
  static void erase(ClusterView& view, std::string_view tail) { (view.*member).erase(tail); }
};

// The table of instances also keeps by_node and members.
struct Instances {
  using Base = Plain<instances, &ClusterView::instances>;

  static void forget(ClusterView& view, std::string_view tail) {
    const auto* was = view.instances.get(tail);
    if (!was) return;
    if (!was->node.empty()) view.by_node.erase(model::by_node_key(*was));
    for (const auto& [network, address] : was->addresses) view.members.erase(model::member_key(*was, network, address));
  }
  static Result<Item> read(const Entry& entry) { return Base::read(entry); }
  static void put(ClusterView& view, const Item& item) {
    const auto& now = *static_cast<const Base::Row*>(item.get());
    forget(view, now.key);
    if (!now.value.node.empty()) view.by_node.put(model::by_node_key(now.value), now.key, now.revision);
    for (const auto& [network, address] : now.value.addresses)
      view.members.put(model::member_key(now.value, network, address), now.key, now.revision);
    Base::put(view, item);
  }
  static void erase(ClusterView& view, std::string_view tail) {
    forget(view, tail);
    Base::erase(view, tail);
  }
};

struct Row {
  std::string_view name;
  Result<Item> (*read)(const Entry&);
  void (*put)(ClusterView&, const Item&);
  void (*erase)(ClusterView&, std::string_view tail);
};

template <const auto& table, class Way>
constexpr Row row() {
  return {table.name, Way::read, Way::put, Way::erase};
}
template <const auto& table, auto member>
constexpr Row plain() {
  return row<table, Plain<table, member>>();
}

constexpr std::array rows{
    plain<alert_rules, &ClusterView::alert_rules>(),
    plain<alert_states, &ClusterView::alert_states>(),
    plain<bindings, &ClusterView::bindings>(),
    plain<deployments, &ClusterView::deployments>(),
    plain<facts, &ClusterView::facts>(),
    plain<grids, &ClusterView::grids>(),
    plain<history, &ClusterView::history>(),
    row<instances, Instances>(),
    plain<named_secrets, &ClusterView::secrets>(),
    plain<networks, &ClusterView::networks>(),
    plain<nodes, &ClusterView::nodes>(),
    plain<policies, &ClusterView::policies>(),
    plain<projects, &ClusterView::projects>(),
    plain<providers, &ClusterView::providers>(),
    plain<registries, &ClusterView::registries>(),
    plain<removed_nodes, &ClusterView::removed_nodes>(),
    plain<revisions, &ClusterView::revisions>(),
    plain<roles, &ClusterView::roles>(),
    plain<services, &ClusterView::services>(),
    plain<stacks, &ClusterView::stacks>(),
    plain<statuses, &ClusterView::statuses>(),
    plain<tokens, &ClusterView::tokens>(),
    plain<users, &ClusterView::users>(),
    plain<volumes, &ClusterView::volumes>(),
    plain<webhooks, &ClusterView::webhooks>(),
};
static_assert(std::ranges::is_sorted(rows, {}, &Row::name));

const Row* row_of(std::string_view key) {
  const auto name = key.substr(0, key.find('/'));
  if (name.size() == key.size()) return nullptr;
  const auto at = std::ranges::lower_bound(rows, name, {}, &Row::name);
  return at != rows.end() && at->name == name ? &*at : nullptr;
}

}  // namespace

std::vector<std::string_view> view_tables() {
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

namespace {

void put(ClusterView& view, const Row& row, const Entry& entry) {
  const auto item = row.read(entry);
  if (item) {
    row.put(view, *item);
    if (!view.unreadable.empty()) view.unreadable.erase(entry.key);
  } else {
    row.erase(view, std::string_view(entry.key).substr(row.name.size() + 1));
    view.unreadable.put(entry.key, item.error().message, entry.revision);
  }
}

}  // namespace

void apply(ClusterView& view, const Changed& changed) {
  for (const Entry& entry : changed.put)
    if (const Row* row = row_of(entry.key)) put(view, *row, entry);
  for (const std::string& key : changed.deleted) {
    const Row* row = row_of(key);
    if (!row) continue;
    row->erase(view, std::string_view(key).substr(row->name.size() + 1));
    if (!view.unreadable.empty()) view.unreadable.erase(key);
  }
  view.revision = changed.revision;
}

Result<ClusterView> load_view(Store& store) {
  while (true) {
    // The tables are listed one after the other, and commits may come between.
    // Those are applied again from the first listing's revision to the last's:
    // what a table had already is only written once more.
    ClusterView view;
    Revision first = -1, last = 0;
    for (const Row& row : rows) {
      KTN_TRY(const Listing listing, store.list(std::string(row.name) + '/'));
      if (first < 0) first = listing.revision;
      last = listing.revision;
      for (const Entry& entry : listing.entries) put(view, row, entry);
    }
    view.revision = first;
    bool expired = false;
    while (view.revision < last && !expired) {
      auto changes = store.changes(view.revision, 1000, std::chrono::seconds(10));
      expired = !changes && changes.error().code == Code::expired;
      if (expired) continue;
      if (!changes) return std::move(changes).error();
      if (changes->empty()) return Error{Code::unavailable, "the store shows no changes up to its own revision"};
      for (const Changed& changed : *changes) apply(view, changed);
    }
    if (!expired) return view;
  }
}

}  // namespace kontena::store
