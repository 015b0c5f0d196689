#pragma once

#include <functional>
#include <string>

#include "kontena/api/trail.h"
#include "kontena/store/store.h"

// The audit trail of a store as lines, for whoever is to verify it (api/trail.h).
namespace kontena::server {

inline constexpr std::string_view cut_tail = "cut";  // of the table of checkpoints: where the trail begins

// Takes each line; false ends it.
using TrailLine = std::function<bool(const std::string&)>;
// `signing` signs the end there is now. What comes to the trail meanwhile is left out.
Status write_trail(store::Store&, const pki::Authority& signing, Time now, const TrailLine&);

// Done, or the first record that is not as it was. `records` is how many there are.
Status verify_trail(store::Store&, const pki::Authority&, Time now, std::int64_t& records);

}  // namespace kontena::server
