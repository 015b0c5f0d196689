#pragma once

#include <string>
#include <string_view>

#include "kontena/base/result.h"
#include "kontena/base/settings.h"

namespace kontena::compose {

// A role's configuration file: a YAML map of settings to a value or a list of
// values. Here because this module is the one that reads YAML. Errors name
// `path`:line:column.
Result<settings::File> read_settings_file(const std::string& path, std::string_view text);

}  // namespace kontena::compose
