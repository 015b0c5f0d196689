// Images that are mounted, beside the one that a container is made of.
#include "carry_out.h"
#include "kontena/base/log.h"

namespace kontena::agent {

Status CarryOut::have_mounted_images(const model::Assignment& wanted) {
  using model::PullPolicy;
  for (const model::Mount& mount : wanted.spec.mounts) {
    if (mount.kind != model::MountKind::image) continue;
    const std::string& image = mount.source;
    const auto before = context_.engine.image_id(image);
    if (!before && before.error().code != Code::not_found) return before.error();
    if (before && wanted.spec.pull_policy != PullPolicy::always) continue;
    if (wanted.spec.pull_policy == PullPolicy::never && !before)
      return Error{Code::not_found, "image '" + image + "', to be mounted at " + mount.target +
                                        ", is not on this node and pull_policy is never"};
    Status pulled = pull_as_user(image, {*wanted.id}, [](const engine::PullProgress&) { Progress::noted(); });
    if (!pulled) return std::move(pulled).error().in("pulling '" + image + "', to be mounted at " + mount.target);
    const auto after = context_.engine.image_id(image);
    if (after && !(before && *before == *after))
      context_.state.with([&](State& s) { s.pulled_images.try_emplace(*after, PulledImage{.name = image}); });
    log::info("image pulled", {{"image", image}});
  }
  return Done{};
}

}  // namespace kontena::agent
