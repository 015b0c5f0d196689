#include "engine.h"
#include "exec_body.h"
#include "frames.h"

namespace kontena::engine::docker {
namespace {

using http::Method;

constexpr Duration longest_silence{24 * 3'600'000};

}  // namespace

codec::Document exec_body(const ExecSpec& spec, bool input) {
  codec::Document body;
  const auto at = body.root();
  if (input) put(codec::member(at, "AttachStdin"), true);
  put(codec::member(at, "AttachStdout"), true);
  put(codec::member(at, "AttachStderr"), true);
  put(codec::member(at, "Tty"), spec.terminal);
  put(codec::member(at, "Privileged"), spec.privileged);
  put(codec::member(at, "Cmd"), spec.command);
  const auto environment = codec::member(at, "Env");
  codec::make_array(environment);
  for (const auto& [name, value] : spec.environment) put(codec::append(environment), name + "=" + value);
  if (!spec.user.empty()) put(codec::member(at, "User"), spec.user);
  if (!spec.working_dir.empty()) put(codec::member(at, "WorkingDir"), spec.working_dir);
  return body;
}

Result<ExecEnd> DockerEngine::exec(const std::string& id, const ExecSpec& spec,
                                   const std::function<bool(const ExecOutput&)>& sink) {
  KTN_TRY(const auto made,
          wire_.read(
              {.method = Method::post, .path = "/containers/" + segment(id) + "/exec", .body = exec_body(spec, false).dump()}));
  const std::string path = "/exec/" + segment(codec::string_at(made.root(), {"Id"}));
  codec::Document start;
  put(codec::member(start.root(), "Detach"), false);
  put(codec::member(start.root(), "Tty"), spec.terminal);

  Frames frames;
  bool wanted = true;
  const auto take = [&](std::string_view bytes) {
    return wanted = spec.terminal ? sink({false, bytes}) : frames.take(bytes, sink);
  };
  KTN_TRY(
      const auto ended,
      wire_.stream({.method = Method::post, .path = path + "/start", .body = start.dump(), .timeout = longest_silence},
                   take));
  if (ended.status >= 300) return refusal(ended);
  if (!wanted) return ExecEnd{};
  frames.finish(sink);

  // Its output ends a moment before the engine has noted the end; one that shuts its output goes on.
  Synced<bool> never;
  for (Duration pause{5};; pause = std::min(pause * 2, Duration(1'000))) {
    KTN_TRY(const auto state, wire_.read({.path = path + "/json"}));
    const auto at = state.root();
    const auto code = codec::find(at, "ExitCode");
    if (!codec::bool_at(at, {"Running"}) && code && !codec::is_null(*code))
      return ExecEnd{codec::integer_at(at, {"ExitCode"})};
    if (!sink({})) return ExecEnd{};
    never.wait(pause, [](bool now) { return now; });
  }
}

}  // namespace kontena::engine::docker
