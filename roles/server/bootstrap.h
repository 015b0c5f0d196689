#pragma once

#include <string>
#include <vector>

#include "kontena/base/file_lock.h"
#include "kontena/base/random.h"
#include "kontena/pki/authority.h"
#include "kontena/store/store.h"

// What the first start makes, and later ones find: the data directory with
//   db/          the store
//   ca.pem       certificate of the authority       ca.key      (0600)
//   server.pem   certificate the server shows       server.key  (0600)
//   admin.token  the first administrator's (0600)   join.token  (0600)
// Each step may be cut off at any instant: the next start goes on from there.
namespace kontena::server {

Status make_data_dir(const std::string& data_dir);

// For as long as a server, a check or a restore works on it. Code::conflict where
// another process does.
Result<files::Lock> lock_data_dir(const std::string& data_dir);

// Loads the authority, or makes it.
Result<pki::Authority> open_authority(const std::string& data_dir, Time now);

// The server's certificate: kept as long as it has the same names and is not due to be
// renewed, else issued anew.
Result<pki::KeyPair> open_certificate(const std::string& data_dir, const pki::Authority&,
                                      const std::vector<std::string>& names, Time now, Duration lifetime);
Status save_certificate(const std::string& data_dir, const pki::KeyPair&);

// The grid and project `default`, and the two tokens.
Status make_first_records(const std::string& data_dir, store::Store&, const pki::Authority&, IdSource&, Time now);

}  // namespace kontena::server
