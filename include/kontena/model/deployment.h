#pragma once

#include <cstdint>
#include <string>

#include "kontena/model/ids.h"

namespace kontena::model {

enum class DeploymentState { running, succeeded, failed, superseded, aborted };

// One move of a stack from a revision to another: what people wait for.
struct Deployment {
  DeploymentId id;
  std::string grid;
  std::string project;
  std::string stack;
  std::int64_t from = 0;  // the stack's revision before; 0 = it is new
  std::int64_t to = 0;
  DeploymentState state = DeploymentState::running;
  std::string reason;  // when failed: one line; else ""
  std::string action;  // "deploy", "scale web", "restart web", "stop", "start"
  std::string by;      // the principal who asked
  std::int64_t created_ms = 0;
  std::int64_t finished_ms = 0;
};

}  // namespace kontena::model
