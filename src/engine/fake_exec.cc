#include "kontena/engine/fake.h"

// Commands in containers of the fake engine.
namespace kontena::engine {
namespace {

constexpr Duration beat{50};  // shorter than an engine's, so that tests end soon

}  // namespace

void FakeEngine::answer_exec(std::function<Ran(const ContainerSpec&, const ExecSpec&)> answer) {
  state_.with([&](State& s) { s.execs = std::move(answer); });
}

Result<ExecEnd> FakeEngine::exec(const std::string& id, const ExecSpec& spec,
                                 const std::function<bool(const ExecOutput&)>& sink) {
  constexpr std::int64_t killed = 137;
  Ran ran;
  std::int64_t run = 0;  // which run of the container it is in
  const Status begun = state_.with([&](State& s) -> Status {
    if (s.away) return Error{Code::unavailable, "no Docker engine answers on the fake's socket: it is away"};
    const Made* made = find(s, id);
    if (!made) return Error{Code::not_found, "No such container: " + id};
    const auto state = made->container.state;
    if (state != ContainerState::running)
      return Error{
          Code::conflict,
          "Container " + id +
              (state == ContainerState::paused ? " is paused, unpause the container before exec" : " is not running")};
    run = made->container.started_ms;
    if (s.execs) ran = s.execs(made->spec, spec);
    return Done{};
  });
  KTN_OK(begun);
  if (!ran.output.empty() && !sink({false, ran.output})) return ExecEnd{};
  if (!ran.errors.empty() && !sink({!spec.terminal, ran.errors})) return ExecEnd{};
  while (ran.hangs) {
    struct Now {
      bool away = false;
      bool ended = false;
    };
    const auto look = [&](State& s) {
      const Made* made = find(s, id);
      const bool runs = made && made->container.state == ContainerState::running && made->container.started_ms == run;
      return Now{s.away, !runs};
    };
    const Now now = state_.wait_then(
        beat, [&](State& s) { return look(s).away || look(s).ended; }, look);
    if (now.away) return Error{Code::unavailable, "no Docker engine answers on the fake's socket: it went away"};
    if (now.ended) return ExecEnd{killed};
    if (!sink({})) return ExecEnd{};
  }
  return ExecEnd{ran.exit_code};
}

}  // namespace kontena::engine
