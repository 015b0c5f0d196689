#pragma once

#include <string>

#include "kontena/codec/json.h"
#include "kontena/engine/engine.h"

namespace kontena::engine::docker {

// The text of a filters= argument: {"label": ["io.kontena.node=n1"]}.
inline std::string filters(const std::map<std::string, model::Strings>& filters) { return codec::to_json(filters); }

inline std::string label_is(const std::string& node) { return std::string(node_label) + "=" + node; }

}  // namespace kontena::engine::docker
