// CarryOut's part in what instances find in their containers besides their image.
#include "carry_out.h"
#include "kontena/base/log.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr std::int64_t ask_again_ms = 2'000;

}  // namespace

bool CarryOut::has_content(const model::Assignment& wanted, Doing at) {
  if (!content_) return true;
  std::string lacking = content_->lacking(wanted);
  if (lacking.empty() && at != Doing::start && !wanted.spec.env_secrets.empty()) lacking = "its secrets";
  const auto act = [&]() -> Status {
    for (const auto& [key, volume] : wanted.volumes)
      if (!volume.seed.empty() && at != Doing::start)
        KTN_OK(
            content_->make_volume(context_.engine, volume.name, volume, shared_labels(wanted, owner_, volume.labels)));
    if (at != Doing::start) KTN_OK(content_->fetch_variables(wanted));
    return content_->ensure(wanted);
  };
  const Status there = act();
  if (there) return true;
  if (there.error().code != Code::deadline_exceeded) {
    failed(*wanted.id, at, there.error(), false);
    return false;
  }
  const std::string why = "waits for " + (lacking.empty() ? "the content of its volumes" : lacking) +
                          ", which the server has: it does not answer";
  bool news = false;
  done(*wanted.id, [&](State& state, Work& work) {
    news = work.history.retry_at_ms == 0;
    work.waits = why;
    work.message.clear();
    work.history.retry_at_ms = to_ms(context_.clock.now()) + ask_again_ms;
    state.replan = true;
  });
  if (news) log::warn("an instance " + why, {{"instance", *wanted.id}, {"name", wanted.container_name}});
  return false;
}

Status CarryOut::give_content(const model::Assignment& wanted, engine::ContainerSpec& spec) {
  if (content_) spec.secret_environment = content_->variables(wanted);
  if (spec.secret_environment.size() != wanted.spec.env_secrets.size())
    return Error{Code::internal, "its secrets are not at hand"};
  if (content_) content_->mount(wanted, spec.service);
  return Done{};
}

// Of instances that are forgotten, once they have no container any more.
void CarryOut::tidy_content(const Wanted& kept) {
  if (!content_ || tidied_for_ == kept) return;
  std::set<std::string> instances;
  context_.state.with([&](const State& s) {
    for (const engine::Container* container : s.seen.all()) instances.insert(instance_of(*container));
  });
  for (const auto& [instance, wanted] : kept->instances) instances.insert(instance);
  if (content_->keep_only(instances)) tidied_for_ = kept;
}

}  // namespace kontena::agent
