#pragma once

#include <string>
#include <vector>

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

// Loads the authority, or makes it.
Result<pki::Authority> open_authority(const std::string& data_dir, Time now);

// The server's certificate: kept as long as it has the same names and a third of
// its life, else issued anew.
Result<pki::KeyPair> open_certificate(const std::string& data_dir, const pki::Authority&,
                                      const std::vector<std::string>& names, Time now);

// Every name and address of this machine that others may use.
std::vector<std::string> local_names();

// The grid and project `default`, and the two tokens.
Status make_first_records(const std::string& data_dir, store::Store&, const pki::Authority&, IdSource&, Time now);

}  // namespace kontena::server
