#pragma once

#include <rocksdb/db.h>

#include <string>

#include "kontena/base/result.h"
#include "kontena/crypto/chain.h"

namespace kontena::store {

// The trail's end as the database keeps it beside the records: "NUMBER HASH".
std::string trail_end(const crypto::Link&);

// Where the trail goes on. Of a database that has not kept it yet, as one that was put
// back from a copy, it is the newest record's.
Result<crypto::Link> newest_link(rocksdb::DB&, const std::string& folder);

// Says so in the log where the newest record is not the one that is known to be.
void check_trail_end(rocksdb::DB&, const crypto::Link&, const std::string& folder);

}  // namespace kontena::store
