#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kontena/engine/engine.h"
#include "kontena/model/assignment.h"
#include "make.h"

// The commands that Compose calls hooks.
namespace kontena::agent {

// The end of what a hook writes.
class Tail {
 public:
  void add(std::string_view bytes);
  model::Strings lines() const;  // the last 20

 private:
  std::string text_;
};

struct HookFailure {
  std::string message;  // "its post_start hook 2 (migrate --all) exited with status 3"
  std::int64_t exit_code = 0;
  model::Strings last_lines;
};

// "its post_start hook 2 (migrate --all)"
std::string hook_name(std::string_view kind, std::size_t index, const model::Hook&);

// Runs it in the container to its end, or until it is not to go on: none.
Result<engine::ExecEnd> run_in(engine::Engine&, const std::string& container, const model::Hook&, Tail&,
                               const std::function<bool()>& go_on);

// On the container of a pre_start hook: the instance it is for. It has no instance_label, as it is not that instance.
inline constexpr std::string_view hook_label = "io.kontena.hook";
// The container for a pre_start hook: what the instance's own is to be, but for its ports and health check.
engine::ContainerSpec hook_container(const model::Assignment&, std::size_t index, const Owner&);

}  // namespace kontena::agent
