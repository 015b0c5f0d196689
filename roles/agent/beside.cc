#include "beside.h"

#include "carry_out.h"
#include "kontena/model/together.h"
#include "status.h"

namespace kontena::agent {
namespace {

// The container that is there to be shared with; null where there is none, or one that is about to go.
const engine::Container* owner_of(const State& state, const std::string& instance) {
  const auto* container = instance.empty() ? nullptr : state.seen.of_instance(instance);
  if (!container || container->state == engine::ContainerState::removing) return nullptr;
  const auto work = state.work.find(instance);
  if (work == state.work.end()) return container;
  const Doing doing = work->second.doing;
  const bool goes = doing == Doing::stop || doing == Doing::remove || doing == Doing::replace ||
                    work->second.history.condemned == container->id;
  return goes ? nullptr : container;
}

}  // namespace

Beside beside(const State& state, const model::Assignment& wanted) {
  Beside found;
  for (const auto& [service, instance] : wanted.beside) {
    const auto* owner = owner_of(state, instance);
    const bool shared = model::shares_namespace(wanted.spec, service);
    if (owner) found.containers[service] = owner->id;
    if (!found.waits.empty() || (owner && (!shared || owner->state == engine::ContainerState::running))) continue;
    found.waits = "waits until '" + service + "', beside which it is to be, " + (shared ? "runs" : "is there");
  }
  return found;
}

std::string beside_text(const model::StringMap& containers) {
  std::string text;
  for (const auto& [service, id] : containers) text += (text.empty() ? "" : " ") + service + '=' + id;
  return text;
}

bool is_stale(const State& state, const model::Assignment& wanted, const engine::Container& container) {
  if (wanted.beside.empty()) return false;
  const Beside now = beside(state, wanted);
  if (!now.waits.empty()) return false;
  const auto label = container.labels.find(std::string(beside_label));
  if (label == container.labels.end() || label->second != beside_text(now.containers)) return true;
  if (!found_of(container).running || container.started_ms == 0) return false;
  for (const auto& [service, id] : now.containers) {
    const auto* owner = state.seen.with_id(id);
    if (owner && owner->started_ms > container.started_ms && model::shares_namespace(wanted.spec, service)) return true;
  }
  return false;
}

const model::Assignment* with_network(const Kept& kept, const model::Assignment& wanted) {
  const model::Assignment* at = &wanted;
  for (std::size_t steps = 0; at && steps <= kept.instances.size(); ++steps) {
    const std::string service = model::service_in(at->spec.network_mode);
    if (service.empty()) return at;
    const auto instance = at->beside.find(service);
    const auto next = instance == at->beside.end() ? kept.instances.end() : kept.instances.find(instance->second);
    at = next == kept.instances.end() ? nullptr : &next->second;
  }
  return nullptr;
}

Status CarryOut::share(const model::Assignment& wanted, engine::ContainerSpec& spec) {
  if (wanted.beside.empty()) return Done{};
  const auto [with, networks] = context_.state.with([&](const State& s) {
    const auto* owner = with_network(*s.kept, wanted);
    return std::pair(beside(s, wanted), owner && owner != &wanted ? *owner : model::Assignment{});
  });
  if (!with.waits.empty()) return Error{Code::failed_precondition, "it " + with.waits};
  spec.beside = with.containers;
  spec.labels[std::string(beside_label)] = beside_text(with.containers);
  // The engine gives it a resolver as if it were by itself.
  if (overlay_.prepare && !networks.networks.empty()) {
    KTN_TRY(spec.resolv_conf, overlay_.prepare(networks));
  }
  return Done{};
}

}  // namespace kontena::agent
