#include "memory.h"

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "state.h"

namespace kontena::agent {
namespace {

constexpr std::int64_t newest_format = 1;

std::string path_in(const std::string& state_dir) { return state_dir + "/memory.json"; }

}  // namespace

Remembered remembered_of(const Work& work) {
  return {.restarts = work.history.restarts,
          .attempts = work.history.attempts,
          .failures = work.history.failures,
          .condemned = work.history.condemned,
          .ended_ms = work.ended_ms,
          .failure = work.failure,
          .prepared = work.prepared,
          .hooked_ms = work.hooked_ms};
}

Work work_of(const Remembered& was) {
  Work work{.prepared = was.prepared, .hooked_ms = was.hooked_ms, .ended_ms = was.ended_ms, .failure = was.failure};
  work.history.restarts = was.restarts;
  work.history.attempts = was.attempts;
  work.history.failures = was.failures;
  work.history.condemned = was.condemned;
  return work;
}

Memory memory_of(const State& state) {
  Memory memory{.images = state.pulled_images, .pulls_ms = state.pulls_ms};
  for (const auto& [instance, work] : state.work)
    if (Remembered one = remembered_of(work); one != Remembered{}) memory.instances.emplace(instance, std::move(one));
  return memory;
}

void take_over(const Memory& memory, State& state) {
  state.pulled_images = memory.images;
  state.pulls_ms = memory.pulls_ms;
  for (const auto& [instance, one] : memory.instances)
    if (state.kept->instances.contains(instance)) state.work[instance] = work_of(one);
}

Memory load_memory(const std::string& state_dir) {
  const auto text = files::read(path_in(state_dir), 1u << 30);
  if (!text && text.error().code == Code::not_found) return {};
  auto memory = text ? codec::from_json<Memory>(*text) : Result<Memory>(text.error());
  if (memory && memory->format >= 1 && memory->format <= newest_format) return std::move(*memory);
  log::warn("what was remembered of restarts and images cannot be read: counts begin anew",
            {{"reason", memory ? "its format is not known to this version" : memory.error().message}});
  return {};
}

Remember remember_in(std::string state_dir) {
  return [state_dir = std::move(state_dir)](const Memory& memory) {
    return files::write(path_in(state_dir), codec::to_json(memory), 0600);
  };
}

}  // namespace kontena::agent
