#pragma once

#include "kontena/codec/json.h"
#include "kontena/engine/engine.h"

namespace kontena::engine::docker {

// What POST /containers/{id}/exec takes. Pure.
codec::Document exec_body(const ExecSpec&, bool input);

}  // namespace kontena::engine::docker
