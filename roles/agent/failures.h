#pragma once

#include "state.h"

// How runs end badly, and what makes a running container unfit. Pure.
namespace kontena::agent {

// Why a running container cannot do its work, so that it is to be replaced:
// "unhealthy: …", or that it was taken off a network. "" = it can.
std::string why_unfit(const model::Assignment&, const engine::Container&);

// What somebody changed about a container that works all the same, and the way
// back; "" = nothing.
std::string what_was_changed(const model::Assignment&, const engine::Container&);

std::string why_ended(const model::Assignment&, const engine::Container&);  // "exited with status 3"

// Whether this look at a container, which is not being worked on, shows a failure
// that was not counted yet: then the end of its log is wanted.
bool shows_failure(const model::Assignment&, const engine::Container&, const Work&);

// Counts it.
void note_failure(const model::Assignment&, const engine::Container&, model::Strings last_lines, std::int64_t now_ms,
                  Work&);
// That it runs and is fit, or is unfit and since when.
void note_fitness(const model::Assignment&, const engine::Container&, std::int64_t now_ms, Work&);

}  // namespace kontena::agent
