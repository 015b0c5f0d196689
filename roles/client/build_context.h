#pragma once

#include <string>

#include "kontena/compose/spec.h"
#include "kontena/engine/images.h"
#include "kontena/image/context.h"

namespace kontena::client {

struct Prepared {
  image::Context context;  // empty where the engine fetches it
  std::string dockerfile;  // its path in the context
};

// The context with its Dockerfile: one from elsewhere, or written in the Compose file, goes in under a name of its own,
// and the engine is told to take that out again before anything is copied.
Result<Prepared> prepare(const compose::Build&);

engine::BuildSpec request_of(const compose::Build&, const Prepared&);

// Of all that makes the image what it is, but for what the engine fetches from elsewhere.
Result<std::string> digest_of(const engine::BuildSpec&, const Prepared&);

}  // namespace kontena::client
