// Every page: the components of the design system come to life.
const own = document.querySelector("script[data-nhsuk]");
const { initAll } = await import(own.dataset.nhsuk);
initAll();
