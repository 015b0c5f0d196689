#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "interpolate.h"
#include "notes.h"

namespace kontena::compose {

// In order of the file; one without a value takes the client's.
struct Setting {
  std::string name;
  std::string value;
};

// Reads the grammar of `.env` and of `env_file:`: [export ]NAME=VALUE or NAME: VALUE, comments,
// 'literal' and "interpolated" values that may span lines. A bare NAME takes what `lookup` has. A value
// sees the client's variables first, then the lines above.
// `raw` is Compose's `format: raw`: no quotes, no interpolation.
std::vector<Setting> parse_env_file(std::string_view text, const std::string* file, const Lookup& lookup, bool raw,
                                    Notes&);

}  // namespace kontena::compose
