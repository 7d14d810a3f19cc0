// Tells Streamlit where its server is, so that a deep link does not first look for it under the page's own address.
window.__streamlit = { ...window.__streamlit, BACKEND_BASE_URL: `${location.origin}/` };
