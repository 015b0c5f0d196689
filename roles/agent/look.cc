#include "look.h"

#include <sys/stat.h>

#include "kontena/base/progress.h"

namespace kontena::agent {
namespace {

constexpr Duration period{5'000};
constexpr std::string_view of_volume = "volume:", of_image = "image:";

}  // namespace

std::string what_is_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return "";
  if (S_ISDIR(found.st_mode)) return "directory";
  if (S_ISSOCK(found.st_mode)) return "socket";
  return S_ISCHR(found.st_mode) || S_ISBLK(found.st_mode) ? "device" : "file";
}

std::string Look::look_for(const std::string& name, const model::StringMap& before) {
  if (name.starts_with('/')) return what_is_at(name);
  const auto known = before.find(name);
  const std::string as_before = known == before.end() ? "" : known->second;
  if (name.starts_with(of_volume)) {
    // One that is external is not made.
    const Status there = context_.engine.ensure_volume(name.substr(of_volume.size()), {.external = true}, {});
    if (!there && there.error().code != Code::not_found) return as_before;
    return there ? "volume" : "";
  }
  if (!name.starts_with(of_image)) return "";
  const auto there = context_.engine.has_image(name.substr(of_image.size()));
  if (!there) return as_before;
  return *there ? "image" : "";
}

void Look::round() {
  const auto [asked, before, away] =
      context_.state.with([](const State& s) { return std::tuple(s.asked, s.things, s.engine_away); });
  if (away) return;
  model::StringMap things;
  for (const std::string& name : asked) {
    Progress::noted();
    things[name] = look_for(name, before);
  }
  if (things == before) return;
  context_.state.change([&](State& s) {
    s.things = std::move(things);
    s.report_facts = true;
  });
}

void Look::step() {
  context_.state.wait(period, [&](const State& s) { return s.stopping || s.times_asked != seen_; });
  seen_ = context_.state.with([](const State& s) { return s.times_asked; });
  round();
}

}  // namespace kontena::agent
