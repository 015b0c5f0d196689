#pragma once

#include <string>
#include <string_view>

#include "kontena/model/service.h"

namespace kontena::engine {

// What an engine that speaks this version of its API ("1.41") passes over of a service, in words for
// people; "" = nothing. What a container would be wrong without is not there: creating it fails.
std::string passed_over(const model::ServiceSpec&, std::string_view api_version);

}  // namespace kontena::engine
