#include "write_plan.h"

#include <set>

#include "../networks.h"
#include "../tell.h"
#include "kontena/base/log.h"
#include "kontena/model/names.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

// Each kind of step puts and deletes; a record it replaces must be as it was read.
class Writer {
 public:
  Writer(const model::ClusterView& view, const rollout::Plan& plan, Time now)
      : teller(view, plan, now), view_(view), now_(now) {}

  store::Commit commit;
  PlanTeller teller;

  void operator()(const rollout::CreateInstance& step) {
    const std::string key = model::instance_key(step.instance);
    expect(store::instances.key(key), 0);
    commit.puts.push_back(store::instances.put(key, step.instance));
    teller.created(step.instance);
    if (step.instance.node.empty())
      log::warn("instance not placed", {{"service", step.instance.service_path().text()}, {"slot", step.instance.slot}, {"reason", step.instance.why_not}});
    else
      log::info("instance placed", {{"service", step.instance.service_path().text()}, {"slot", step.instance.slot}, {"instance", *step.instance.id}, {"node", *step.instance.node}});
  }
  void operator()(const rollout::PlaceInstance& step) {
    replace(step.instance, step.instance.desired);
    teller.placed(step.instance);
  }
  void operator()(const rollout::SetDesired& step) {
    replace(step.instance, step.desired);
    teller.desired(step.instance, step.desired);
  }
  void operator()(const rollout::ForgetInstance& step) {
    const std::string key = model::instance_key(step.instance);
    expect_as_read(store::instances, view_.instances.find(key), key);
    commit.deletes.push_back(store::instances.key(key));
    if (view_.statuses.get(key)) commit.deletes.push_back(store::statuses.key(key));
  }
  void operator()(const rollout::PinVolume& step) {
    const std::string key = step.volume.grid + '/' + step.volume.project + '/' + step.volume.name;
    expect(store::volumes.key(key), 0);
    commit.puts.push_back(store::volumes.put(key, step.volume));
  }
  void operator()(const rollout::ForgetService& step) {
    expect_as_read(store::services, view_.services.find(step.service.text()), step.service.text());
    commit.deletes.push_back(store::services.key(step.service.text()));
  }
  void operator()(const rollout::ForgetRevision& step) {
    commit.deletes.push_back(store::revisions.key(model::revision_key(step.service, step.revision)));
  }
  void operator()(const rollout::ForgetStack& step) {
    const std::string key = step.stack.text();
    commit.deletes.push_back(store::stacks.key(key));
    view_.deployments.each(key + '/', [&](const auto& item) { commit.deletes.push_back(store::deployments.key(item.key)); });
    view_.history.each(key + '/', [&](const auto& item) { commit.deletes.push_back(store::history.key(item.key)); });
    drop_networks(step.stack);
    teller.removed(step.stack);
    log::info("stack removed", {{"stack", key}});
  }
  void operator()(const rollout::FinishDeployment& step) {
    model::Deployment done = step.deployment;
    const std::string key = model::StackPath{done.grid, done.project, done.stack}.text() + '/' + *done.id;
    done.state = step.state;
    done.reason = step.reason;
    done.finished_ms = to_ms(now_);
    commit.puts.push_back(store::deployments.put(key, done));
    teller.finished(done);
    log::info("deployment finished", {{"stack", done.stack}, {"deployment", *done.id}, {"state", model::name(done.state)}, {"reason", done.reason}});
  }

  void expect(std::string key, std::int64_t revision) {
    if (expected_.insert(key).second) commit.unchanged.push_back({std::move(key), revision});
  }

 private:
  // Its networks go along, but for those that another stack has by name: the next one has them then.
  void drop_networks(const model::StackPath& path) {
    view_.networks.each(path.grid + '/' + path.project + '/', [&](const auto& item) {
      if (item.value.stack != path.stack) return;
      const std::string heir = user_of(view_, item.value, path.stack);
      expect(store::networks.key(item.key), item.revision);
      if (heir.empty()) {
        commit.deletes.push_back(store::networks.key(item.key));
        return;
      }
      model::Network kept = item.value;
      kept.stack = heir;
      commit.puts.push_back(store::networks.put(item.key, kept));
    });
  }

  template <class T>
  void expect_as_read(const store::Table<T>& table, const typename Ordered<T>::Item* item, const std::string& key) {
    expect(table.key(key), item ? item->revision : 0);
  }
  void replace(model::Instance instance, model::Desired desired) {
    const std::string key = model::instance_key(instance);
    expect_as_read(store::instances, view_.instances.find(key), key);
    instance.desired = desired;
    commit.puts.push_back(store::instances.put(key, instance));
  }

  const model::ClusterView& view_;
  const Time now_;
  std::set<std::string> expected_;
};

}  // namespace

store::Commit write_plan(const model::ClusterView& view, const std::string& stack, const rollout::Plan& plan, Time now) {
  Writer writer(view, plan, now);
  // A new wish for the stack or one of its services makes the plan void.
  if (const auto* item = view.stacks.find(stack)) writer.expect(store::stacks.key(stack), item->revision);
  view.services.each(stack + '/', [&](const auto& item) { writer.expect(store::services.key(item.key), item.revision); });
  for (const rollout::Step& step : plan.steps) std::visit(writer, step);

  writer.teller.write(writer.commit);
  // A stack that goes takes its deployments along, those just finished too.
  store::Commit& commit = writer.commit;
  const std::set<std::string> deleted(commit.deletes.begin(), commit.deletes.end());
  std::erase_if(commit.puts, [&](const auto& put) { return deleted.contains(put.key); });
  return std::move(commit);
}

}  // namespace kontena::server
