#include "clean_up.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "kontena/base/log.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_period{60'000};  // between looks at the disk
constexpr Duration shortest_period{1'000};
constexpr int rounds_between = 10;  // looks at the disk between rounds that go by age
constexpr int relief = 5;           // percent below the pressure that images are removed down to

bool has_ended(const engine::Container& container) {
  using enum engine::ContainerState;
  return container.state == exited || container.state == created || container.state == dead;
}

// Since when, by a clock that may have been set back meanwhile.
bool is_older(std::int64_t since_ms, std::int64_t now_ms, Duration age) {
  return since_ms != 0 && now_ms - since_ms >= age.count();
}

}  // namespace

std::optional<int> disk_fullness(const std::string& folder) {
  struct statvfs disk {};
  if (folder.empty() || ::statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  const auto used = disk.f_blocks - disk.f_bfree;
  const auto all = used + disk.f_bavail;
  if (all == 0) return std::nullopt;
  return static_cast<int>((used * 100 + all - 1) / all);
}

std::optional<int> CleanUp::fullness() const {
  if (!fullness_ || rules_.disk_pressure == 0) return std::nullopt;
  const auto folder = context_.state.with([](const State& s) { return s.engine ? s.engine->data_dir : ""; });
  return fullness_(folder);
}

void CleanUp::step() {
  const Duration age = std::min(rules_.keep_images, rules_.keep_containers);
  const Duration period = std::clamp(age / rounds_between, shortest_period, longest_period);
  if (context_.state.wait(period, [](const State& s) { return s.stopping; })) return;
  const bool ready = context_.state.with([](const State& s) { return s.listed && s.told && !s.engine_away; });
  if (!ready) return;
  const auto full = fullness();
  const bool due = context_.clock.steady() - round_at_ >= std::min<Duration>(period * rounds_between, age);
  if (due || (full && *full > rules_.disk_pressure)) round();
}

void CleanUp::round() {
  round_at_ = context_.clock.steady();
  using Part = Status (CleanUp::*)();
  for (const Part part :
       {&CleanUp::remove_containers, &CleanUp::mark_images, &CleanUp::remove_images, &CleanUp::remove_networks}) {
    Progress::noted();
    const Status done = (this->*part)();
    if (done) continue;
    log::debug("cleaning up broke off", {{"reason", done.error().message}});
    return;
  }
}

Status CleanUp::remove_containers() {
  const std::int64_t now_ms = to_ms(context_.clock.now());
  const auto ids = context_.state.with([&](const State& s) {
    std::vector<std::string> found;
    for (const engine::Container* container : s.seen.all()) {
      const std::int64_t since_ms = std::max(container->created_ms, container->finished_ms);
      if (!has_ended(*container) || !is_older(since_ms, now_ms, rules_.keep_containers)) continue;
      const std::string instance = instance_of(*container);
      const auto work = s.work.find(instance);
      if (work != s.work.end() && work->second.doing != Doing::nothing) continue;
      // Where an instance has several, those that were made before it.
      if (s.kept->instances.contains(instance) && s.seen.of_instance(instance) == container) continue;
      found.push_back(container->id);
    }
    return found;
  });
  for (const std::string& id : ids) {
    const auto now = context_.engine.inspect(id);
    if (!now && now.error().code == Code::not_found) continue;
    if (!now) return now.error();
    if (!has_ended(*now)) continue;  // somebody has use for it
    KTN_OK(carry_out_.remove_container(id));
    context_.state.change([&](State& s) { s.seen.note_gone(id, s.seen.ticket()); });
    log::info("a container that nobody wants is removed", {{"name", now->name}});
  }
  return Done{};
}

Status CleanUp::mark_images() {
  std::set<std::string> used, names;
  const bool any = context_.state.with([&](const State& s) {
    for (const engine::Container* container : s.seen.all()) used.insert(container->image);
    for (const auto& [instance, wanted] : s.kept->instances) {
      names.insert(wanted.spec.image);
      for (const model::Mount& mount : wanted.spec.mounts)
        if (mount.kind == model::MountKind::image) names.insert(mount.source);
    }
    return !s.pulled_images.empty();
  });
  if (!any) return Done{};
  for (const std::string& name : names) {
    const auto id = context_.engine.image_id(name);
    if (!id && id.error().code == Code::unavailable) return id.error();
    if (id) used.insert(*id);
  }
  const std::int64_t now_ms = to_ms(context_.clock.now());
  context_.state.with([&](State& s) {
    for (auto& [id, image] : s.pulled_images) {
      if (used.contains(id))
        image.unused_since_ms = 0;
      else if (image.unused_since_ms == 0 || image.unused_since_ms > now_ms)
        image.unused_since_ms = now_ms;
    }
  });
  return Done{};
}

// By id it would go with the one name that it may have got from somebody.
Result<bool> CleanUp::remove(const std::string& id, const PulledImage& image, bool has_its_name) {
  const auto built = image.built.empty() ? Result<std::string>(std::string()) : context_.engine.image_id(image.built);
  if (image.built.empty() || !built || *built != id) return context_.engine.remove_image(id);
  KTN_TRY(bool gone, context_.engine.remove_image(image.built));
  if (image.name != image.built && has_its_name) {
    KTN_TRY(gone, context_.engine.remove_image(image.name));
  }
  return gone;
}

Status CleanUp::remove_images() {
  struct Unused {
    std::string id;
    PulledImage image;
  };
  std::vector<Unused> unused;
  context_.state.with([&](const State& s) {
    for (const auto& [id, image] : s.pulled_images)
      if (image.unused_since_ms != 0) unused.push_back({id, image});
  });
  std::ranges::sort(unused, {}, [](const Unused& one) { return one.image.unused_since_ms; });
  const std::int64_t now_ms = to_ms(context_.clock.now());
  const auto before = fullness();
  bool pressed = before && *before > rules_.disk_pressure;
  for (const auto& [id, image] : unused) {
    if (!pressed && !is_older(image.unused_since_ms, now_ms, rules_.keep_images)) continue;
    // It may have become wanted since it was marked.
    const bool wanted = context_.state.with([&](const State& s) {
      return std::ranges::any_of(s.kept->instances, [&](const auto& i) {
        const auto mounts_it = [&](const model::Mount& mount) {
          return mount.kind == model::MountKind::image && mount.source == image.name;
        };
        return i.second.spec.image == image.name || std::ranges::any_of(i.second.spec.mounts, mounts_it);
      });
    });
    const auto now = context_.engine.image_id(image.name);
    if (!now && now.error().code == Code::unavailable) return now.error();
    const bool has_its_name = now && *now == id;
    if (wanted && has_its_name) continue;
    KTN_TRY(const bool gone, remove(id, image, has_its_name));
    if (!gone) continue;  // another's container uses it, or it has got another name
    context_.state.with([&](State& s) {
      s.pulled_images.erase(id);
      if (has_its_name) s.images.erase(image.name);
    });
    log::info("an image that nothing uses is removed", {{"image", image.name}, {"for", pressed ? "room" : "its age"}});
    const auto left = pressed ? fullness() : std::nullopt;
    if (left && *left <= rules_.disk_pressure - relief) pressed = false;
  }
  context_.state.change([](State& s) { s.replan = true; });  // what is remembered has changed
  return Done{};
}

Status CleanUp::remove_networks() {
  KTN_TRY(const auto names, context_.engine.networks(context_.node));
  for (const std::string& name : names) {
    const bool wanted = context_.state.with([&](const State& s) {
      return std::ranges::any_of(s.kept->instances, [&](const auto& instance) {
        return std::ranges::any_of(instance.second.networks, [&](const auto& n) { return n.second.name == name; });
      });
    });
    if (wanted) continue;
    KTN_OK(context_.engine.remove_network(name, context_.node));
    carry_out_.forget_network(name);
  }
  return Done{};
}

}  // namespace kontena::agent
