/** Why Node.js did not accept a certificate, by its code, as the end of a sentence about it. */
export const CERTIFICATE_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for other names'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is signed by itself'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its authority is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its authority is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its authority is not known'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its authority is not known'],
])
