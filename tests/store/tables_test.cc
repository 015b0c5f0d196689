// The typed tables: records, the view that is loaded from them, and its upkeep.
#include "kontena/store/tables.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "../../src/store/view_tables.h"
#include "kontena/store/open.h"
#include "support/samples.h"

namespace kontena::store {
namespace {

// What a test needs of one table, its type hidden.
struct Sample {
  std::string name;
  std::string tail;
  Commit::Put put;
  std::function<std::string(const model::ClusterView&)> found;  // the record in the view, as JSON; "" where it is not
};

template <class T>
Sample sample(const Table<T>& table, Ordered<T> model::ClusterView::*member, const std::string& tail, const T& value) {
  return {std::string(table.name), tail, table.put(tail, value), [member, tail](const model::ClusterView& view) {
            const auto* item = (view.*member).find(tail);
            return item ? frame_record(codec::to_json(item->value)) : "";
          }};
}

// A row a table, filled in; the keys are those that model/view.h names.
std::vector<Sample> every_table() {
  using View = model::ClusterView;
  const auto service = samples::service_path();
  const auto instance = samples::instance();
  const std::string stack = service.stack_path().text();
  const std::string node = "main/" + *samples::node().id;
  return {
      sample(alert_rules, &View::alert_rules, "main/demo/sick", samples::alert_rule()),
      sample(alert_states, &View::alert_states, "main/demo/sick/shop/web", samples::alert_state()),
      sample(bindings, &View::bindings, model::binding_key(samples::binding()), samples::binding()),
      sample(deployments, &View::deployments, stack + '/' + *samples::deployment().id, samples::deployment()),
      sample(facts, &View::facts, node, samples::node_facts()),
      sample(grids, &View::grids, "main", samples::grid()),
      sample(history, &View::history, model::history_key(service.stack_path(), 7), samples::stack_revision()),
      sample(instances, &View::instances, model::instance_key(instance), instance),
      sample(named_secrets, &View::secrets, "main/demo/db-password", samples::secret()),
      sample(networks, &View::networks, "main/demo/shop-front", samples::network()),
      sample(nodes, &View::nodes, node, samples::node()),
      sample(policies, &View::policies, "main/demo", samples::policy()),
      sample(projects, &View::projects, "main/demo", samples::project()),
      sample(providers, &View::providers, "login", samples::provider()),
      sample(registries, &View::registries, "main/demo/registry.example:5000", samples::registry_login()),
      sample(removed_nodes, &View::removed_nodes, "main/" + *samples::removed_node().id, samples::removed_node()),
      sample(revisions, &View::revisions, model::revision_key(service, 4), samples::service_revision()),
      sample(roles, &View::roles, samples::role().name, samples::role()),
      sample(services, &View::services, service.text(), samples::service()),
      sample(stacks, &View::stacks, stack, samples::stack()),
      sample(statuses, &View::statuses, model::instance_key(instance), samples::instance_status()),
      sample(tokens, &View::tokens, *samples::token().id, samples::token()),
      sample(users, &View::users, samples::user().name, samples::user()),
      sample(volumes, &View::volumes, "main/demo/shop-uploads", samples::volume()),
      sample(webhooks, &View::webhooks, "main/demo/ops", samples::webhook()),
  };
}

model::ClusterView load(Store& store) {
  auto view = load_view(store);
  if (!view) FAIL(view.error().message);
  return *std::move(view);
}

// The first change after the view's revision.
void follow(Store& store, model::ClusterView& view) {
  const auto changes = store.changes(view.revision, 1, Duration(0));
  REQUIRE(changes);
  REQUIRE(changes->size() == 1);
  apply(view, changes->front());
}

Commit put_instance(const std::string& id, const std::string& node) {
  model::Instance instance = samples::instance();
  instance.id = InstanceId(id);
  instance.node = NodeId(node);
  return {{}, {instances.put(model::instance_key(instance), instance)}, {}};
}

std::vector<std::string> on_node(const model::ClusterView& view, const std::string& node) {
  std::vector<std::string> ids;
  view.by_node.each("main/" + node + '/', [&](const auto& item) {
    const auto* instance = view.instances.get(item.value);
    REQUIRE(instance);
    ids.push_back(*instance->id);
  });
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("every table of the view has a row here") {
  std::vector<std::string> names;
  for (const Sample& sample : every_table()) names.push_back(sample.name);
  const auto known = view_tables();
  CHECK(names == std::vector<std::string>(known.begin(), known.end()));
}

TEST_CASE("a record of every table comes into the view by loading and by following, and goes again") {
  for (const Sample& sample : every_table()) {
    CAPTURE(sample.name);
    const auto store = open_memory();
    auto followed = load(*store);
    CHECK(sample.put.key == sample.name + '/' + sample.tail);
    REQUIRE(store->commit({{}, {sample.put}, {}}));
    follow(*store, followed);
    CHECK(sample.found(followed) == sample.put.value);
    CHECK(followed.revision == 1);
    const auto loaded = load(*store);
    CHECK(sample.found(loaded) == sample.put.value);
    CHECK(loaded.revision == 1);
    REQUIRE(store->commit({{}, {}, {sample.put.key}}));
    follow(*store, followed);
    CHECK(sample.found(followed).empty());
    CHECK(followed.revision == 2);
    CHECK(sample.found(load(*store)).empty());
    CHECK(!sample.found(loaded).empty());
  }
}

TEST_CASE("an item of the view has the revision of the commit that wrote it") {
  const auto store = open_memory();
  REQUIRE(store->commit({{}, {grids.put("other", {"other", 1})}, {}}));
  REQUIRE(store->commit({{}, {grids.put("main", samples::grid())}, {}}));
  const auto view = load(*store);
  CHECK(view.grids.find("other")->revision == 1);
  CHECK(view.grids.find("main")->revision == 2);
}

TEST_CASE("by_node follows the instances: placed, unplaced, moved and gone") {
  const auto store = open_memory();
  auto view = load(*store);
  const auto step = [&](const Commit& commit) {
    REQUIRE(store->commit(commit));
    follow(*store, view);
    // What was followed and what is loaded anew are the same.
    const auto anew = load(*store);
    std::map<std::string, std::string> followed, loaded;
    view.by_node.each("", [&](const auto& item) { followed[item.key] = item.value; });
    anew.by_node.each("", [&](const auto& item) { loaded[item.key] = item.value; });
    CHECK(followed == loaded);
  };
  step(put_instance("one", ""));
  CHECK(view.instances.size() == 1);
  CHECK(view.by_node.empty());
  step(put_instance("one", "oak"));
  CHECK(on_node(view, "oak") == Ids{"one"});
  step(put_instance("two", "oak"));
  CHECK(on_node(view, "oak") == Ids{"one", "two"});
  step(put_instance("one", "elm"));
  CHECK(on_node(view, "oak") == Ids{"two"});
  CHECK(on_node(view, "elm") == Ids{"one"});
  step(put_instance("one", ""));
  CHECK(on_node(view, "elm").empty());
  step({{}, {}, {instances.key(samples::service_path().text() + "/two")}});
  CHECK(on_node(view, "oak").empty());
  step({{}, {}, {instances.key(samples::service_path().text() + "/two")}});
  CHECK(view.instances.size() == 1);
}

TEST_CASE("keys of no table of the view are passed over") {
  const auto store = open_memory();
  REQUIRE(store->commit({{},
                         {audit.put("001795341600123/9f86d081884c", samples::audit_record()),
                          {"grids", "no record"},
                          {"gridsandmore/main", "no record"},
                          {"unknown/a", "no record"}},
                         {}}));
  auto view = load(*store);
  CHECK(view.revision == 1);
  REQUIRE(store->commit({{}, {{"unknown/a", "still none"}}, {"grids", "audit/001795341600123/9f86d081884c"}}));
  follow(*store, view);
  CHECK(view.revision == 2);
  CHECK(view.grids.empty());
}

TEST_CASE("a record that cannot be read is named, and all others are there") {
  struct Case {
    std::string value;
    std::string message;
  };
  const Case cases[]{
      {"{}", "record 'grids/bad' has no format number"},
      {"", "record 'grids/bad' has no format number"},
      {"0 {}", "record 'grids/bad' has no format number"},
      {"2 {}", "record 'grids/bad' has format 2, this version of kontena reads up to 1"},
      {"1 {", "record 'grids/bad': not JSON at byte 2"},
      {"1 {\"name\":5}", "record 'grids/bad': name: expected a string, got number"},
  };
  for (const Case& wrong : cases) {
    CAPTURE(wrong.value);
    const auto store = open_memory();
    model::ClusterView view = load(*store);
    REQUIRE(store->commit({{}, {grids.put("good", samples::grid()), {"grids/bad", wrong.value}}, {}}));
    apply(view, store->changes(0, 1, Duration(0))->front());
    for (const model::ClusterView& one : {view, load(*store)}) {
      CHECK(one.revision == 1);
      CHECK(one.grids.get("good"));
      CHECK(one.grids.size() == 1);
      REQUIRE(one.unreadable.get("grids/bad"));
      CHECK(*one.unreadable.get("grids/bad") == wrong.message);
    }
    // One that becomes so is gone from its table, and one that is mended is back.
    REQUIRE(store->commit({{}, {{"grids/good", wrong.value}, grids.put("bad", samples::grid())}, {}}));
    apply(view, store->changes(1, 1, Duration(0))->front());
    CHECK_FALSE(view.grids.get("good"));
    CHECK(view.grids.get("bad"));
    CHECK(view.unreadable.get("grids/good"));
    CHECK_FALSE(view.unreadable.get("grids/bad"));
    REQUIRE(store->commit({{}, {}, {"grids/good"}}));
    apply(view, store->changes(2, 1, Duration(0))->front());
    CHECK(view.unreadable.empty());
  }
}

TEST_CASE("a record that lacks newer fields has them at their defaults") {
  const auto token = tokens.read({"tokens/x", "1 {\"id\":\"x\",\"later\":true}", 1});
  REQUIRE(token);
  CHECK(*token->id == "x");
  CHECK(token->uses_left == -1);
}

TEST_CASE("a view loaded while others write is that of one revision") {
  const auto store = open_memory();
  // Each commit writes the same number to the first table and to the last.
  std::jthread writing([&](std::stop_token stop) {
    for (std::int64_t i = 1; !stop.stop_requested(); ++i) {
      model::Volume volume = samples::volume();
      volume.created_ms = i;
      if (!store->commit({{}, {grids.put("main", {"main", i}), volumes.put("v", volume)}, {}})) return;
    }
  });
  for (std::int64_t seen = 0; seen < 500;) {
    const auto view = load(*store);
    if (view.revision == 0) continue;
    seen = view.revision;
    REQUIRE(view.grids.get("main"));
    REQUIRE(view.volumes.get("v"));
    REQUIRE(view.grids.get("main")->created_ms == view.revision);
    REQUIRE(view.volumes.get("v")->created_ms == view.revision);
  }
}

}  // namespace kontena::store
