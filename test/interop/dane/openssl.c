/*
 * OpenSSL's DANE code, asked case by case: what SSL_connect does with the certificates of a server, without the server.
 *
 * Standard input, one line each:
 *   certificate HEX                                    joins the table, from number 0 on
 *   case AT NAMES RECORDS CHAIN AUTHORITIES            fields are lists with commas, "-" for none
 * where RECORDS are USAGE:SELECTOR:MATCHINGTYPE:HEX, CHAIN and AUTHORITIES numbers of the table.
 *
 * Standard output, one line for each case: "ok USAGE DEPTH BARE", "none" where no record can be used, "no ERROR", or
 * "crash" where OpenSSL reads through a null pointer: version 3.0 does where a leaf is an authority and a key is a record.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sigjmp_buf before;
static X509 *table[65536];
static int known = 0;

static unsigned char *octets(const char *hex, size_t *length) {
    size_t size = strlen(hex) / 2;
    unsigned char *data = malloc(size + 1);
    for (size_t i = 0; i < size; i++) {
        unsigned int octet;
        sscanf(hex + 2 * i, "%2x", &octet);
        data[i] = (unsigned char)octet;
    }
    *length = size;
    return data;
}

static void certificate(const char *hex) {
    size_t length;
    unsigned char *der = octets(hex, &length);
    const unsigned char *at = der;
    X509 *read = d2i_X509(NULL, &at, (long)length);
    if (read != NULL && at != der + length) {
        X509_free(read);
        read = NULL;
    }
    table[known++] = read;
    free(der);
    ERR_clear_error();
}

static int add_record(SSL *ssl, char *text) {
    char *end;
    unsigned char usage = (unsigned char)strtoul(text, &end, 10);
    unsigned char selector = (unsigned char)strtoul(end + 1, &end, 10);
    unsigned char matching_type = (unsigned char)strtoul(end + 1, &end, 10);
    size_t length;
    unsigned char *data = octets(end + 1, &length);
    int added = SSL_dane_tlsa_add(ssl, usage, selector, matching_type, data, length);
    free(data);
    ERR_clear_error();
    return added > 0;
}

static void crashed(int number) {
    siglongjmp(before, number);
}

/* As ssl_verify_cert_chain does it in a client. */
static void judge(SSL *ssl, X509_STORE *store, STACK_OF(X509) *chain, time_t at) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain);
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_auth_level(parameters, 1);
    X509_STORE_CTX_set0_dane(context, SSL_get0_dane(ssl));
    X509_STORE_CTX_set_default(context, "ssl_server");
    X509_VERIFY_PARAM_set1(parameters, SSL_get0_param(ssl));
    X509_VERIFY_PARAM_set_time(parameters, at);
    int verified = X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    SSL_set_verify_result(ssl, error);
    if (verified > 0 && error == X509_V_OK) {
        X509 *match = NULL;
        EVP_PKEY *bare = NULL;
        uint8_t usage = 255;
        int depth = SSL_get0_dane_authority(ssl, &match, &bare);
        SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL);
        if (depth < 0) printf("no unauthenticated\n");
        else printf("ok %d %d %d\n", usage, depth, bare != NULL);
    } else {
        printf("no %s\n", X509_verify_cert_error_string(error));
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
}

static void decide(SSL_CTX *ctx, char *line) {
    time_t at = (time_t)strtoll(strsep(&line, " "), NULL, 10);
    char *names = strsep(&line, " "), *records = strsep(&line, " ");
    char *chain_list = strsep(&line, " "), *authority_list = strsep(&line, " ");
    SSL *ssl = SSL_new(ctx);
    char *item;
    SSL_dane_enable(ssl, strcmp(names, "-") == 0 ? NULL : strsep(&names, ","));
    while (names != NULL && strcmp(names, "-") != 0 && (item = strsep(&names, ",")) != NULL) SSL_add1_host(ssl, item);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    /* RFC 7672 section 3.1.1 */
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);

    volatile int usable = 0;
    int whole = 1;
    while (records != NULL && strcmp(records, "-") != 0 && (item = strsep(&records, ",")) != NULL)
        usable += add_record(ssl, item);
    STACK_OF(X509) *chain = sk_X509_new_null();
    while (chain_list != NULL && strcmp(chain_list, "-") != 0 && (item = strsep(&chain_list, ",")) != NULL) {
        X509 *next = table[atoi(item)];
        if (next == NULL) whole = 0;
        else sk_X509_push(chain, next);
    }
    X509_STORE *store = X509_STORE_new();
    while (authority_list != NULL && strcmp(authority_list, "-") != 0 && (item = strsep(&authority_list, ",")) != NULL) {
        if (table[atoi(item)] != NULL) X509_STORE_add_cert(store, table[atoi(item)]);
        X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
    }

    if (usable == 0) printf("none\n");
    else if (!whole) printf("no certificate that can be read\n"); /* the handshake ends here */
    else if (sk_X509_num(chain) == 0) printf("no certificate\n");
    else if (sigsetjmp(before, 1) != 0) printf("crash\n");
    else judge(ssl, store, chain, at);
    sk_X509_free(chain);
    X509_STORE_free(store);
    SSL_free(ssl);
}

int main(void) {
    signal(SIGSEGV, crashed);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_dane_enable(ctx);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "certificate ", 12) == 0) certificate(line + 12);
        else if (strncmp(line, "case ", 5) == 0) decide(ctx, line + 5);
    }
    return 0;
}
