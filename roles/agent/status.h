#pragma once

#include <string>
#include <string_view>

#include "kontena/engine/engine.h"
#include "kontena/model/assignment.h"
#include "state.h"

namespace kontena::agent {

reconcile::Found found_of(const engine::Container&);

// What is reported of an instance. `container` is null where the engine has none.
// Pure. REQUIRES: the engine has told all its containers once. While it is away,
// none is said to be gone: what was made last may not have been seen.
model::InstanceStatus status_of(const model::Assignment&, const engine::Container* container, const Work&,
                                bool engine_away = false);

// Whether its post_start hooks, where it has any, have ended well in the run that began then.
bool is_hooked(const model::Assignment&, const Work&, std::int64_t started_ms);

std::string progress_text(const engine::PullProgress&);         // "12.1 MB / 40.2 MB"; "" while nothing is known
std::string one_line(std::string_view text, std::size_t most);  // its first line, cut between characters

}  // namespace kontena::agent
